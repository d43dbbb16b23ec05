"""The standard network in PyTorch, compiled."""

import numpy as np
import torch
import torch.nn.functional as functional


class TorchNetwork(torch.nn.Module):
    """The gated loop over a grid, with the weights of one of ours."""

    def __init__(self, network, thinking: int, kind: str):
        torch.nn.Module.__init__(self)
        self.thinking, self.channels = thinking, network.readout.kernel.shape[0]
        kernel = torch.tensor(np.asarray(network.update.kernel))
        self.products = kind == "the same products"
        self.kernel = torch.nn.Parameter(kernel if self.products else _cross(kernel, self.channels))
        self.bias = torch.nn.Parameter(torch.tensor(np.asarray(network.update.bias)))
        self.readout = torch.nn.Parameter(torch.tensor(np.asarray(network.readout.kernel)))
        self.readout_bias = torch.nn.Parameter(torch.tensor(np.asarray(network.readout.bias)))
        self.think = torch.compile(self._think_products if self.products else self._think_convolution)

    def forward(self, seen):
        """Answers, `(mazes, rows, columns, actions)`, from observations with features last."""
        if self.products:
            memory = seen.new_zeros((*seen.shape[:3], self.channels))
            for _ in range(self.thinking):
                memory = self.think(memory, seen)
            return memory @ self.readout + self.readout_bias
        seen = seen.permute(0, 3, 1, 2).contiguous()
        memory = seen.new_zeros((seen.shape[0], self.channels, *seen.shape[2:]))
        for _ in range(self.thinking):
            memory = self.think(memory, seen)
        return memory.permute(0, 2, 3, 1) @ self.readout + self.readout_bias

    def _think_products(self, memory, seen):
        padded = functional.pad(memory, (0, 0, 1, 1, 1, 1))
        around = [padded[:, :-2, 1:-1], padded[:, 1:-1, 2:], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2]]
        update = torch.cat([memory, *around, seen], -1) @ self.kernel + self.bias
        candidate, gate = update.chunk(2, -1)
        return memory + torch.sigmoid(gate) * (torch.tanh(candidate) - memory)

    def _think_convolution(self, memory, seen):
        update = functional.conv2d(torch.cat([memory, seen], 1), self.kernel, self.bias, padding=1)
        candidate, gate = update.chunk(2, 1)
        return memory + torch.sigmoid(gate) * (torch.tanh(candidate) - memory)


def torch_step(network, seen, thinking: int, kind: str):
    """A function that computes the loss and its gradient, and one that checks a loss against it."""
    torch.set_num_threads(1)
    there = TorchNetwork(network, thinking, kind)
    observations = torch.tensor(np.asarray(seen))

    def step():
        there.zero_grad(set_to_none=True)
        loss = there(observations).square().mean()
        loss.backward()
        return float(loss.detach())

    def check(loss) -> None:
        np.testing.assert_allclose(step(), float(loss), rtol=1e-3)

    return step, check


def _cross(kernel, channels: int):
    """`(outputs, inputs, 3, 3)` from rows ordered as cell, north, east, south, west, observation."""
    features = kernel.shape[0] - 5 * channels
    square = torch.zeros(kernel.shape[1], channels + features, 3, 3)
    for number, (row, column) in enumerate([(1, 1), (0, 1), (1, 2), (2, 1), (1, 0)]):
        part = kernel[number * channels : (number + 1) * channels]
        square[:, :channels, row, column] = part.T
    square[:, channels:, 1, 1] = kernel[5 * channels :].T
    return square
