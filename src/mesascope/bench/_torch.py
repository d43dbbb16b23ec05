"""The standard network in PyTorch, each thought compiled."""

import numpy as np


def torch_step(network, seen, thinking: int, kind: str):
    """A function that computes the loss and its gradient in PyTorch, and one that checks a loss against it.

    Args:
        network: one of ours, whose weights are taken.
        seen: observations, `(mazes, rows, columns, features)`.
        thinking: number of thoughts.
        kind: `the same products` as ours on shifted copies, or a convolution.
    """
    import torch

    torch.set_num_threads(1)
    products = kind == "the same products"
    channels = network.readout.kernel.shape[0]
    weights = [np.asarray(x) for part in (network.update, network.readout) for x in (part.kernel, part.bias)]
    kernel, bias, readout, readout_bias = (torch.tensor(array) for array in weights)
    weights = [kernel if products else _cross(kernel, channels), bias, readout, readout_bias]
    weights = [weight.requires_grad_() for weight in weights]
    think = torch.compile(_think_products if products else _think_convolution)
    observations = torch.tensor(np.asarray(seen))
    if not products:
        observations = observations.permute(0, 3, 1, 2).contiguous()

    def step():
        kernel, bias, readout, readout_bias = weights
        places = observations.shape[1:3] if products else observations.shape[2:]
        shape = (*places, channels) if products else (channels, *places)
        memory = observations.new_zeros((len(observations), *shape))
        for _ in range(thinking):
            memory = think(memory, observations, kernel, bias)
        last = memory if products else memory.permute(0, 2, 3, 1)
        loss = (last @ readout + readout_bias).square().mean()
        torch.autograd.grad(loss, weights)
        return float(loss.detach())

    def check(loss) -> None:
        np.testing.assert_allclose(step(), float(loss), rtol=1e-3)

    return step, check


def _think_products(memory, seen, kernel, bias):
    import torch

    padded = torch.nn.functional.pad(memory, (0, 0, 1, 1, 1, 1))
    around = [padded[:, :-2, 1:-1], padded[:, 1:-1, 2:], padded[:, 2:, 1:-1], padded[:, 1:-1, :-2]]
    candidate, gate = (torch.cat([memory, *around, seen], -1) @ kernel + bias).chunk(2, -1)
    return memory + torch.sigmoid(gate) * (torch.tanh(candidate) - memory)


def _think_convolution(memory, seen, kernel, bias):
    import torch

    update = torch.nn.functional.conv2d(torch.cat([memory, seen], 1), kernel, bias, padding=1)
    candidate, gate = update.chunk(2, 1)
    return memory + torch.sigmoid(gate) * (torch.tanh(candidate) - memory)


def _cross(kernel, channels: int):
    """`(outputs, inputs, 3, 3)` from rows ordered as cell, north, east, south, west, observation."""
    features = kernel.shape[0] - 5 * channels
    square = kernel.new_zeros((kernel.shape[1], channels + features, 3, 3))
    for number, (row, column) in enumerate([(1, 1), (0, 1), (1, 2), (2, 1), (1, 0)]):
        part = kernel[number * channels : (number + 1) * channels]
        square[:, :channels, row, column] = part.T
    square[:, channels:, 1, 1] = kernel[5 * channels :].T
    return square
