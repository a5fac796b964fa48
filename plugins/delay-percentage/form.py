"""What goes in and what comes out."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from casewright_plugin import Description, Range

Base = Literal["duration", "milestone", "cost"]
Kind = Literal["finished-late", "behind", "not-started"]

# Where the source states a limit (003 §3.3.2); a company may give its own.
LIMIT_PERCENT = 10.0
# More than any project costs, and few enough to be added up.
MOST_COST = 1e12


@dataclass
class Baseline:
    start: Annotated[str, Description("The first day as planned, such as `2026-03-01`.")]
    end: Annotated[str, Description("The last day as planned, with whatever buffer there is.")]


@dataclass
class Task:
    id: Annotated[str, Description("Its id, unique.")]
    planned_start: Annotated[str, Description("Its first day as planned.")]
    planned_end: Annotated[str, Description("Its last day as planned.")]
    title: Annotated[str, Description("What people call it.")] = ""
    actual_start: Annotated[str | None, Description("The day on which it began.")] = None
    actual_end: Annotated[str | None, Description("The day on which it was finished.")] = None
    percent_done: Annotated[
        float, Description("How much of it is done. It has begun when it is more than 0."), Range(0, 100)
    ] = 0
    after: Annotated[list[str], Description("The ids of the tasks that it waits for.")] = field(default_factory=list)
    milestone: Annotated[bool, Description("Whether its end is a milestone.")] = False
    planned_cost: Annotated[
        float | None, Description("What it costs as planned, in any unit; for the base `cost`."), Range(0, MOST_COST)
    ] = None


@dataclass
class Project:
    as_of: Annotated[str, Description("The day at whose end the tasks stand as they do.")]
    baseline: Annotated[Baseline, Description("From when to when the project goes as planned.")]
    tasks: Annotated[list[Task], Description("What there is to do, in any order; at least one.")]
    base: Annotated[Base, Description("Of what the percentage is.")] = "duration"
    limit_percent: Annotated[
        float, Description("The delay that is not yet too much, in percent."), Range(at_least=0)
    ] = LIMIT_PERCENT
    most_causes: Annotated[int, Description("How many causes are told at most."), Range(at_least=0)] = 3


@dataclass
class Cause:
    task: Annotated[str, Description("The id of the task.")]
    title: Annotated[str, Description("What people call it.")]
    milestone: Annotated[bool, Description("Whether its end is a milestone.")]
    kind: Annotated[Kind, Description("How it is late.")]
    days_late: Annotated[int, Description("By how many days its end is later than planned.")]
    own_days: Annotated[int, Description("How many of them are not those of the tasks that it waits for.")]
    text: Annotated[str, Description("The same in a sentence.")]


@dataclass
class Delay:
    percent: Annotated[float, Description("The delay, two decimals; negative when ahead of the plan.")]
    exceeds: Annotated[bool, Description("Whether it is more than the limit.")]
    base: Annotated[Base, Description("Of what the percentage is.")]
    planned_days: Annotated[int, Description("The duration of the project as planned.")]
    projected_days: Annotated[int, Description("Its duration as it looks now.")]
    projected_end: Annotated[str, Description("Its last day as it looks now.")]
    causes: Annotated[list[Cause], Description("The tasks that are late by themselves, the latest first.")]
    reasons: Annotated[list[str], Description("How the percentage came about, in sentences.")]
