"""Plans that are kept in memory until they are fetched or done."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict

from lookalike.actions import Plan
from lookalike.server.answers import ApiError

__all__ = ["Plans"]

_MOST = 20


class Plans:
    """The last plans; any number of threads may ask."""

    def __init__(self) -> None:
        self._plans: OrderedDict[str, Plan] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, plan: Plan) -> str:
        """Keep a plan; gives its id."""
        name = secrets.token_urlsafe(18)
        with self._lock:
            self._plans[name] = plan
            while len(self._plans) > _MOST:
                self._plans.popitem(last=False)
        return name

    def get(self, name: str) -> Plan:
        """The plan of an id.

        Raises:
            ApiError: it isn't kept.
        """
        with self._lock:
            found = self._plans.get(name)
        if found is None:
            raise ApiError(
                404, "no_such_plan", f"no plan with this id is kept (the last {_MOST} are)"
            )
        return found
