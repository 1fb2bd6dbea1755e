"""Analyses of gaits, rates and weights: arrays in, arrays out."""

from premotor.analysis.activity import PhaseTuning, participation_ratio, phase_tuning, rates_by_group
from premotor.analysis.alignment import Alignment, align, cut_strides, cycle_spline, stride_error
from premotor.analysis.footfalls import (
    debounced,
    double_support,
    duty_factor,
    foot_strikes,
    limb_phase,
    phase_of,
    stride_frequency,
    stride_lengths,
    support_fractions,
    symmetry_index,
)
from premotor.analysis.gait import Gait, gait_of
from premotor.analysis.rhythm import Rhythm, circular_mean, relative_phase, rhythm
from premotor.analysis.smoothness import action_roughness, cost_of_transport, spectral_arc_length
from premotor.analysis.spectrum import dominant_frequency, power_spectrum
from premotor.analysis.spikes import (
    balanced_rate,
    interval_variation,
    lif_rate,
    siegert_rate,
    smoothed_rates,
    spike_counts,
    synchrony,
)
from premotor.analysis.statistics import (
    Comparison,
    Estimate,
    bootstrap_mean,
    hedges_g,
    holm,
    mann_whitney,
    wilson_interval,
)
from premotor.analysis.weights import (
    ClassPair,
    WeightChange,
    by_class_pair,
    sorted_by_class,
    weight_change,
    weight_matrix,
)

__all__ = [
    "Alignment",
    "ClassPair",
    "Comparison",
    "Estimate",
    "Gait",
    "PhaseTuning",
    "Rhythm",
    "WeightChange",
    "action_roughness",
    "align",
    "balanced_rate",
    "bootstrap_mean",
    "by_class_pair",
    "circular_mean",
    "cost_of_transport",
    "cut_strides",
    "cycle_spline",
    "debounced",
    "dominant_frequency",
    "double_support",
    "duty_factor",
    "foot_strikes",
    "gait_of",
    "hedges_g",
    "holm",
    "interval_variation",
    "lif_rate",
    "limb_phase",
    "mann_whitney",
    "participation_ratio",
    "phase_of",
    "phase_tuning",
    "power_spectrum",
    "rates_by_group",
    "relative_phase",
    "rhythm",
    "siegert_rate",
    "smoothed_rates",
    "sorted_by_class",
    "spectral_arc_length",
    "spike_counts",
    "stride_error",
    "stride_frequency",
    "stride_lengths",
    "support_fractions",
    "symmetry_index",
    "synchrony",
    "weight_change",
    "weight_matrix",
    "wilson_interval",
]
