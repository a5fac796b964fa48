"""Measures by how many percent a project is late, and which tasks make it so.

Domain catalogue V7; the processes are sections 3.1.6 (000 §六(二)2: planned against actual; 003 §3.3.2: more than
10 percent calls a meeting) and 3.1.8, which names three formulas. Of what it is 10 percent the sources leave open;
ambiguity B16 takes the duration. Base and limit come with the input, from the company's parameters:

1. Days are calendar days, first and last included. `as_of` is the day at whose end the tasks stand as they do.
2. A task that has begun takes for what is left of it as long as was planned for that. One that has not begun begins
   as planned, but not before the day after `as_of`, nor before the tasks that it waits for are through; it takes as
   long as planned.
3. `duration`: (projected - planned duration) / planned duration of the project. Days between the last task and the
   end of the baseline are a buffer: a delay uses it up before the project ends later, being ahead leaves it as it is.
4. `milestone`: days late / days planned from the project's start to the milestone, of the milestone to come where
   this is most. Once all are reached it is that of the one that was planned last.
5. `cost`: of the work that is planned to be done by now, measured by its planned cost, what is not done.
6. The percentage is rounded to two decimals, and what is rounded has to exceed the limit.
7. Causes are the tasks that are late by themselves. What a task is late only because of those that it waits for does
   not count.
"""

from casewright_plugin import Plugin

from delay import measure
from form import Delay, Project

plugin = Plugin("delay-percentage", "0.1.0")


@plugin.decision("measure-delay", title="Measure the delay of a project")
def measure_delay(project: Project) -> Delay:
    """By how many percent a project is late, by duration, milestones or cost, whether that is too much, and why."""
    return measure(project)
