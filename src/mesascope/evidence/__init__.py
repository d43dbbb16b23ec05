"""Signs that run-time power is search (section 2 of the post)."""

from ._goal_directedness import (
    DecisionProcess as DecisionProcess,
    GoalDirectedness as GoalDirectedness,
    goal_directedness as goal_directedness,
    tabulated_goal_directedness as tabulated_goal_directedness,
)
from ._interventions import Intervention as Intervention, intervene as intervene, other_moves as other_moves
from ._probes import (
    LinearProbe as LinearProbe,
    Probing as Probing,
    Split as Split,
    fit_probe as fit_probe,
    plan_probe as plan_probe,
    split_instances as split_instances,
    value_probe as value_probe,
)
from ._retarget import (
    MovedGoals as MovedGoals,
    Retargeting as Retargeting,
    inner_retargeting as inner_retargeting,
    move_goals as move_goals,
    remembers_places as remembers_places,
    retargeting as retargeting,
    share_interval as share_interval,
)
from ._thinking import ThinkingGain as ThinkingGain, best_of_bits as best_of_bits, thinking_gain as thinking_gain
