"""Git, read safely: the only place that runs a process, with pinned flags, environment, deadlines.

`Repository` says where one is and starts git in it; `Reading` is one question under way.
Must not decide what a commit means, and never takes a failed git for an empty answer.
"""

from cigate.git.mirrors import clone_mirror, update_mirror
from cigate.git.process import Process
from cigate.git.reading import Reading, refuse_shallow
from cigate.git.repository import Repository

__all__ = ["Process", "Reading", "Repository", "clone_mirror", "refuse_shallow", "update_mirror"]
