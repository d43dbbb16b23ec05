"""Random play that is branched by replaying actions from the seed, for splitting."""

from collections.abc import Callable

import numpy as np

from ..power import AbstractSource, Paths
from ._world import Episode, RandomActions, World


class ReplaySource(AbstractSource):
    """Episodes of one seed under uniformly random actions.

    A path is begun anew from a step by resetting to the seed, following its actions up to there and going on at random.
    Every replay is held against what happened the first time.

    Args:
        world: a deterministic environment.
        actions: the reference.
        seed: of the episodes.
        heard: is called whenever a replicate begins.

    Attributes:
        played: number of episodes.
        independent: utilities of those that `draw` returned, which begin nowhere but at the reset.
    """

    def __init__(self, world: World, actions: RandomActions, seed: int, heard: Callable[[], None]):
        self._world, self._actions, self._seed, self._heard = world, actions, seed, heard
        self.played = 0
        self.independent: list[float] = []

    def draw(self, generator: np.random.Generator, count: int) -> Paths:
        self._heard()
        episodes = [self._play(generator, ()) for _ in range(count)]
        self.independent += [episode.utility for episode in episodes]
        return self._packed(episodes)

    def branch(self, generator: np.random.Generator, paths: Paths, steps, level: float) -> Paths:
        return self._packed([self._again(generator, *path) for path in zip(paths.record, paths.scores, steps)])

    def _again(self, generator, actions: tuple, scores: np.ndarray, step: int) -> Episode:
        episode = self._play(generator, actions[:step])
        if not np.array_equal(episode.scores[: step + 1], scores[: step + 1]):
            raise ValueError(
                f"{self._world.name}: a replay of seed {self._seed} came out differently within {step} steps: it "
                "is not deterministic; use method monte-carlo."
            )
        return episode

    def _play(self, generator, prefix: tuple) -> Episode:
        self.played += 1
        return self._world.play(self._seed, self._actions.chooser(generator), prefix)

    def _packed(self, episodes: list[Episode]) -> Paths:
        scores = np.full((len(episodes), max(len(episode.scores) for episode in episodes)), -np.inf)
        record = np.empty(len(episodes), object)
        for i, episode in enumerate(episodes):
            scores[i, : len(episode.scores)] = episode.scores
            record[i] = episode.actions
        return Paths(np.array([episode.utility for episode in episodes]), scores, record)
