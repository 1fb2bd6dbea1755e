"""Settings of small results of the commands about dynamics, which several test files share."""

SWEEP = {"model": {"neurons": 30}, "values": 3, "samples": 3, "length": 150.0, "transient": 30.0, "t_ons": 1.0}
LEARNING = {
    "exponents": 3, "epochs": 8, "length": 10.0, "transient": 5.0, "frame_transient": 2.0, "t_ons": 1.0,
    "gradient": {"window": 5.0}, "keep": "best",
}  # fmt: skip
TRAIN = {
    "model": {"neurons": 12, "activation": "stretched_tanh"},
    "samples": 2,
    "learning": {**LEARNING, "trainable": {"weights": {"count": 40}, "gains": True, "shifts": True}},
    "verify": {"states": 2},
    "checkpoint_every": 2,
}
