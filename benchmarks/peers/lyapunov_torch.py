"""Runs in an environment with torch: Lyapunov exponents of a random rate network, and a training epoch on them.

A plain implementation after the RandomNet project: the Jacobian as a matrix at every step, `torch.linalg.qr`, autograd;
float32, one thread.
"""

from typing import Any

import torch
from answers import answer

DT = 0.1


def growth(weights: Any, state: Any, frame: Any, steps: int, qr_interval: int) -> Any:
    """Σ ln |diag R|, (k,), over `steps` steps."""
    identity = torch.eye(len(state))
    total = torch.zeros(frame.shape[1])
    for i in range(steps):
        jacobian = (1 - DT) * identity + DT * weights * (1 - torch.tanh(state) ** 2)[None, :]
        frame = jacobian @ frame
        state = (1 - DT) * state + DT * weights @ torch.tanh(state)
        if (i + 1) % qr_interval == 0:
            frame, triangle = torch.linalg.qr(frame)
            total = total + torch.log(torch.abs(torch.diagonal(triangle)))
    return total


class Case:
    """One size, prepared."""

    def __init__(self, neurons: int, exponents: int, steps: int, qr_interval: int, kind: str, weights: Any) -> None:
        self.weights = torch.tensor(weights, requires_grad=kind == "epoch")
        self.state = torch.sin(torch.arange(neurons, dtype=torch.float32))
        self.frame = torch.linalg.qr(torch.randn(neurons, exponents, generator=torch.Generator().manual_seed(0)))[0]
        self.steps, self.qr_interval, self.kind = steps, qr_interval, kind
        self.optimizer = torch.optim.Adam([self.weights], lr=1e-3) if kind == "epoch" else None

    def run(self) -> list[float]:
        """The exponents; of an epoch, with the descent of their squares' mean."""
        if self.optimizer is None:
            with torch.no_grad():
                total = growth(self.weights, self.state, self.frame, self.steps, self.qr_interval)
        else:
            self.optimizer.zero_grad()
            total = growth(self.weights, self.state, self.frame, self.steps, self.qr_interval)
            ((total / (self.steps * DT)) ** 2).mean().backward()
            self.optimizer.step()
        return (total / (self.steps * DT)).tolist()


if __name__ == "__main__":
    torch.set_num_threads(1)
    answer(Case)
