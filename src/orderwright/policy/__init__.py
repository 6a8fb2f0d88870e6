"""Policies: from a trigger over conditions to actions, evaluated without side effects and decided by precedence.

`load` reads a document, a `PolicySet` evaluates the policies that wait for a trigger, and `decide` says which of their
actions are to be done. Nothing here acts, reads a clock or knows an order: facts, lists and stopwatch are arguments.
"""

from __future__ import annotations

from orderwright.policy.action import ACTIONS, is_restrictive
from orderwright.policy.counterfactual import counterfactual
from orderwright.policy.decision import Decision, Doubt, Dropped, Planned, decide, said
from orderwright.policy.duration import duration
from orderwright.policy.evaluation import PolicySet, run
from orderwright.policy.json_logic import NotExportable, logic_data, to_json_logic
from orderwright.policy.loader import load
from orderwright.policy.masking import masked_facts, masked_tree
from orderwright.policy.model import ActionNode, ConditionNode, Edge, Policy, TriggerNode
from orderwright.policy.pattern import linear
from orderwright.policy.problem import PolicyInvalid, Problem
from orderwright.policy.react_flow import from_react_flow
from orderwright.policy.reading import reading
from orderwright.policy.result import Deployment, Result, Visit
from orderwright.policy.rollout import BUCKETS, bucket, rolled_out
from orderwright.policy.template import render
from orderwright.policy.trigger import Threshold, TriggerType

__all__ = [
    "ACTIONS",
    "BUCKETS",
    "ActionNode",
    "ConditionNode",
    "Decision",
    "Deployment",
    "Doubt",
    "Dropped",
    "Edge",
    "NotExportable",
    "Planned",
    "Policy",
    "PolicyInvalid",
    "PolicySet",
    "Problem",
    "Result",
    "Threshold",
    "TriggerNode",
    "TriggerType",
    "Visit",
    "bucket",
    "counterfactual",
    "decide",
    "duration",
    "from_react_flow",
    "is_restrictive",
    "linear",
    "load",
    "logic_data",
    "masked_facts",
    "masked_tree",
    "reading",
    "render",
    "rolled_out",
    "run",
    "said",
    "to_json_logic",
]
