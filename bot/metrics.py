"""Figures for programs that watch: counted in the database, so that they survive restarts."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from bot.model import Millis
from bot.store.report import Status


class Metrics:
    """Gauges of what is known, owed and failing; names begin with `threadline_`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._deliveries = Gauge("threadline_deliveries", "Deliveries by state.", ["state"], registry=self._registry)
        self._known = Gauge("threadline_known", "What is known, by kind.", ["kind"], registry=self._registry)
        self._owed = Gauge(
            "threadline_oldest_owed_seconds", "For how long the oldest delivery is owed.", registry=self._registry
        )
        self._failing = Gauge("threadline_sources_failing", "Sources whose last try failed.", registry=self._registry)
        self._gaps = Gauge(
            "threadline_sources_gaps", "Sources of which posts may have been missed.", registry=self._registry
        )
        self._paused = Gauge("threadline_places_paused", "Places that cannot be written to.", registry=self._registry)

    def update(self, state: Status, now: Millis) -> None:
        """Take over the figures of a status."""
        for name, number in state.deliveries.items():
            self._deliveries.labels(name).set(number)
        for kind in ("forums", "boards", "threads", "posts", "mirrors"):
            self._known.labels(kind).set(getattr(state, kind))
        self._owed.set((now - state.oldest_owed) / 1000 if state.oldest_owed is not None else 0)
        self._failing.set(sum(1 for source in state.sources if source.failures))
        self._gaps.set(sum(1 for source in state.sources if source.gap))
        self._paused.set(len(state.paused))

    def exposed(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
