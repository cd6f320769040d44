"""What the station knows, kept: the one way to the database. Every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from smartradio.domain.airing import Airing
from smartradio.domain.bulletin import Bulletin, Recording
from smartradio.domain.evidence import Evidence
from smartradio.domain.places import Node, Zone
from smartradio.domain.programme import Origin, Programme
from smartradio.listening.trends import Trend
from smartradio.listening.usual import PastAiring
from smartradio.speech.spoken.lexicon_rows import Entry
from smartradio.station.evidence_log import Verification
from smartradio.station.store import board, imported, lexicon, log, outcomes, past, planned, registry, texts, waiting
from smartradio.station.store.alarms import AlarmShelf
from smartradio.station.store.alert_book import AlertBookShelf
from smartradio.station.store.alerts import AlertShelf
from smartradio.station.store.audit import AuditShelf
from smartradio.station.store.beside import BesideShelf
from smartradio.station.store.citizens import CitizenShelf
from smartradio.station.store.counters import Counters
from smartradio.station.store.database import FILE_NAME, Database
from smartradio.station.store.day_shelf import DayShelf
from smartradio.station.store.drafts import DraftShelf
from smartradio.station.store.errors import StoreError
from smartradio.station.store.exchange import SourceShelf
from smartradio.station.store.item_shelf import ItemShelf
from smartradio.station.store.judgements import NodeJudgement
from smartradio.station.store.kept_settings import SettingsShelf
from smartradio.station.store.lexicon import LexiconChange
from smartradio.station.store.node_shelf import NodeShelf
from smartradio.station.store.people_shelf import PeopleShelf
from smartradio.station.store.places import PlaceShelf
from smartradio.station.store.planned import WaitingClip
from smartradio.station.store.texts import StoredProgramme
from smartradio.station.summaries import AiringOutcome
from smartradio.station.views import AiringView, LoggedEvidence, NodePlace, NodeView, WaitingVerdict


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """The station's database. Methods block and may be called from any thread; times are aware UTC.

    A writing method returns when what it wrote is on the disk. Raises StoreError when the database or the
    disk refuses, BadInputError when what was handed in cannot stand; then nothing of the call is kept.
    `items` has those on their way from draft to air.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._counters = Counters(database)
        self.items = ItemShelf(database, clock)
        self.drafts = DraftShelf(database, clock)
        self.source = SourceShelf(database, clock)
        self.day = DayShelf(database)
        self.citizens = CitizenShelf(database, clock)
        self.alarms = AlarmShelf(database, clock)
        self.places = PlaceShelf(database, clock)
        self.people = PeopleShelf(database, clock)
        self.settings = SettingsShelf(database, clock)
        self.audit = AuditShelf(database)
        self.alerts = AlertShelf(database)
        self.alert_book = AlertBookShelf(database, clock)
        self.nodes = NodeShelf(database)
        self.beside = BesideShelf(database, clock)

    @classmethod
    def open(cls, folder: Path, *, clock: Callable[[], datetime] = _utc_now) -> Store:
        """Open the folder's database for one station, made and brought up to date as needed."""
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            return cls(Database(folder / FILE_NAME, read_only=False), clock)
        except OSError as error:
            raise StoreError(f"the data folder {folder} cannot be used: {error.strerror}") from error

    @classmethod
    def open_read_only(cls, folder: Path) -> Store:
        """Open for looking, also while a station works there; every writing method raises StoreError."""
        if not (folder / FILE_NAME).is_file():
            raise StoreError(f"there is no {FILE_NAME} in {folder}; give the station's data folder")
        return cls(Database(folder / FILE_NAME, read_only=True), _utc_now)

    def close(self) -> None:
        """Finish what is being written and let the folder go; again is harmless."""
        self._database.close()

    # Registry

    def put_zone(self, zone: Zone) -> None:
        """Write a zone, new or renamed."""
        self._database.write(lambda c: registry.put_zone(c, zone))

    def zones(self) -> list[Zone]:
        """Return all zones by name."""
        return self._database.read(registry.zones)

    def put_node(self, node: Node) -> None:
        """Write a node, new, moved or with a new key; BadInputError if its zone is unknown."""
        self._database.write(lambda c: registry.put_node(c, node))

    def put_node_state(self, node: str, *, online: bool, at: datetime, facts: Mapping[str, Any]) -> None:
        """Write how a node was seen; facts as in NodeView. Offline keeps when and how it was last online."""
        self._database.write(lambda c: registry.put_node_state(c, node, online, at, facts))

    def node_views(self, node: str | None = None) -> list[NodeView]:
        """Return every registered node as it was last seen; with `node` that one alone."""
        return self._database.read(lambda c: registry.node_views(c, node))

    # Texts, recordings, programmes

    def put_bulletin(self, bulletin: Bulletin, spoken: Sequence[Mapping[str, Any]]) -> None:
        """Write a bulletin and its spoken lines; BadInputError if it differs from one already planned."""
        self._database.write(lambda c: texts.put_bulletin(c, bulletin, spoken))

    def bulletin(self, bulletin_id: str) -> Bulletin | None:
        """Return a bulletin."""
        return self._database.read(lambda c: texts.bulletin(c, bulletin_id))

    def put_recording(self, recording: Recording, facts: Mapping[str, Any], at: datetime) -> None:
        """Write a recording with what is known of its making; its bulletin must be in the store."""
        self._database.write(lambda c: texts.put_recording(c, recording, facts, at))

    def recording(self, recording_id: str) -> Recording | None:
        """Return a recording."""
        return self._database.read(lambda c: texts.recording(c, recording_id))

    def recording_for(self, bulletin_id: str) -> Recording | None:
        """Return the latest recording of a bulletin."""
        return self._database.read(lambda c: texts.recording_for(c, bulletin_id))

    def recording_facts(self, recording_id: str) -> Mapping[str, Any]:
        """Return what is known of a recording's making, nothing for an unknown one."""
        return self._database.read(lambda c: texts.recording_facts(c, recording_id))

    def old_relays(self, before: datetime) -> list[Recording]:
        """Return what was relayed before and whose sounds are kept, but for what is disputed."""
        return self._database.read(lambda c: texts.old_relays(c, before))

    def forget_sounds(self, recording_id: str) -> None:
        """Note that the sounds of a recording are no longer kept."""
        self._database.write(lambda c: texts.forget_sounds(c, recording_id))

    def put_programme(self, programme: Programme, bulletin_id: str | None, origin: Origin = Origin.FILE) -> None:
        """Write a programme, new or changed, where it comes from, and which bulletin it airs."""
        self._database.write(lambda c: texts.put_programme(c, programme, bulletin_id, origin))

    def put_file_programmes(self, programmes: Sequence[tuple[Programme, str]]) -> None:
        """Make these, each with the bulletin it airs, all that is held of the station's schedule files."""
        self._database.write(lambda c: imported.put_from_files(c, programmes))

    def import_programmes(self, programmes: Sequence[Programme], *, replace: bool = False) -> list[str]:
        """Write programmes that no file holds, all or none, and return the names of those that are new or other."""
        return self._database.write(lambda c: imported.put_imported(c, programmes, replace))

    def drop_programme(self, name: str) -> bool:
        """Forget a programme; what was planned of it stays. False if there was none."""
        return self._database.write(lambda c: texts.drop_programme(c, name))

    def programmes(self) -> list[Programme]:
        """Return all programmes by name."""
        return [each.programme for each in self.stored_programmes()]

    def stored_programmes(self) -> list[StoredProgramme]:
        """Return all programmes by name, each with where it comes from and which bulletin it airs."""
        return self._database.read(texts.stored_programmes)

    def programme_recordings(self) -> dict[str, tuple[Recording, Mapping[str, Any]]]:
        """Return the latest recording of what each programme airs, with the facts of its making, by its name."""
        return self._database.read(texts.programme_recordings)

    # The commune's lexicon

    def lexicon(self) -> tuple[Entry, ...]:
        """Return the commune's entries in the order of their written forms."""
        return self._database.read(lexicon.entries)

    def replace_lexicon(self, entries: Iterable[Entry], by: str, at: datetime) -> int:
        """Make the lexicon hold just these entries and return how many changed; LexiconError: none did."""
        wanted = tuple(entries)
        return self._database.write(lambda c: lexicon.replace_entries(c, wanted, by, at))

    def set_lexicon_entry(self, entry: Entry, by: str, at: datetime) -> None:
        """Give one written form its reading, in place of the one it had."""
        self._database.write(lambda c: lexicon.set_entry(c, entry, by, at))

    def remove_lexicon_entry(self, written: str, by: str, at: datetime) -> bool:
        """Take one entry out of the lexicon; False if there was none."""
        return self._database.write(lambda c: lexicon.remove_entry(c, written, by, at))

    def lexicon_changes(self, newest: int = 50) -> Sequence[LexiconChange]:
        """Return who changed which reading, the latest first."""
        return self._database.read(lambda c: lexicon.changes(c, newest))

    # Airings

    def plan_airing(self, airing: Airing, evidence: Sequence[Evidence], *, repeats: str | None = None) -> bool:
        """Write an airing and its evidence; False, nothing written, if its id stood or `repeats` was withdrawn."""
        return self._database.write(lambda c: planned.plan(c, airing, evidence, self._clock(), repeats))

    def change_plan(self, change: planned.PlanChange) -> frozenset[str]:
        """Write a change of the plan, all or nothing; returns the ids that were taken and not written again."""
        return self._database.write(lambda c: planned.change(c, change, self._clock()))

    def grow_airing(self, airing_id: str, recording_id: str, evidence: Sequence[Evidence]) -> bool:
        """Give an airing that grows its whole recording; False, and nothing written, if it does not or is withdrawn."""
        return self._database.write(lambda c: planned.grow(c, airing_id, recording_id, evidence, self._clock()))

    def keep_off_air(self, airing: Airing, evidence: Sequence[Evidence]) -> bool:
        """Write an airing that a rule keeps off the air, with why; False, and nothing written, if it stood there."""
        return self._database.write(lambda c: planned.keep_off(c, airing, evidence, self._clock()))

    def kept_off_air(self, start: datetime) -> list[Airing]:
        """Return the airings from `start` on that are on record as kept off the air by a rule."""
        return self._database.read(lambda c: planned.kept_off(c, start))

    def withdraw_airing(self, airing_id: str, evidence: Sequence[Evidence], *, by: str | None = None) -> bool:
        """Take an airing out of the plan; False, and nothing written, if unknown or withdrawn before.

        What somebody withdrew by name (`by`) is never planned again for that occurrence.
        """
        return self._database.write(lambda c: planned.withdraw(c, airing_id, evidence, self._clock(), by))

    def airing(self, airing_id: str) -> Airing | None:
        """Return an airing, withdrawn or not."""
        return self._database.read(lambda c: planned.airing(c, airing_id))

    def airings(
        self, *, start: datetime | None = None, end: datetime | None = None, newest: int | None = None
    ) -> list[Airing]:
        """Return the airings not withdrawn with `starts_at` in [start, end), earliest first.

        With `newest` at most so many, the latest first.
        """
        return self._database.read(lambda c: planned.airings(c, start, end, newest))

    def unsettled(self, before: datetime) -> list[tuple[Airing, str]]:
        """Return pairs of airing and node without a verdict that start before the instant, in order."""
        return self._database.read(lambda c: planned.unsettled(c, before))

    # Evidence

    def record(self, evidence: Sequence[Evidence], *, report_id: str | None = None) -> bool:
        """Append evidence and advance its states; False, and nothing written, for a report seen before."""
        if report_id is None:
            self._database.write(lambda c: log.append_evidence(c, evidence, self._clock()))
            return True
        return self._database.write(lambda c: log.append_report(c, evidence, report_id, self._clock()))

    def judge(self, evidence: Evidence, judgement: NodeJudgement) -> None:
        """Append a verdict (step heard or unreached), its figures bound to it by `judgement_sha256`.

        Once an operator settled what was heard, a later verdict is logged but the settled figures stay.
        """
        self._database.write(lambda c: log.append_judgement(c, evidence, judgement, self._clock()))

    def settle(self, evidence: Evidence, *, seen: str | None = None) -> None:
        """Append an operator's word (step confirmed or disputed; facts `by`, `note`); needs a verdict.

        With `seen` (`NodeAiring.mark`) only if nothing has changed since; raises BadInputError.
        """
        self._database.write(lambda c: log.append_settlement(c, evidence, self._clock(), seen))

    def chain(self, airing_id: str, node: str | None = None) -> list[LoggedEvidence]:
        """Return an airing's evidence in order; with a node, its own and what holds for all nodes."""
        return self._database.read(lambda c: log.read_chain(c, airing_id, None if node is None else (node,)))

    def verify(self) -> Verification:
        """Recompute the whole log, and hold states and figures against it."""
        return self._database.read(log.verify)

    # Views

    def airing_view(
        self, airing_id: str, *, with_chain: bool = True, of: Collection[str] | None = None
    ) -> AiringView | None:
        """Return one airing as pages show it; with `of` only at these nodes, and what holds for all of them."""
        return self._database.read(lambda c: board.view(c, airing_id, with_chain, of))

    def airing_places(self, airing_id: str) -> list[NodePlace]:
        """Return where an airing stands at each of its nodes, without figures, in the order of the plan."""
        return self._database.read(lambda c: board.places(c, airing_id))

    def airing_mark(self, airing_id: str) -> str:
        """Return a mark that is another one as soon as more is known of an airing."""
        return self._database.read(lambda c: board.mark(c, airing_id))

    def board(self, newest: int = 50) -> list[AiringView]:
        """Return the latest airings, latest first, withdrawn ones too, without their chains."""
        return self._database.read(lambda c: board.board(c, newest))

    def waiting(self, since: datetime, most: int = 500) -> list[WaitingVerdict]:
        """Return the worst verdicts of airings from `since` on that wait for a person, no more than `most`."""
        return self._database.read(lambda c: waiting.waiting(c, since, most))

    def count_waiting(self, since: datetime) -> int:
        """Return how many verdicts of airings from `since` on wait for a person."""
        return self._database.read(lambda c: waiting.count_waiting(c, since))

    def outcomes(self, start: datetime, end: datetime) -> list[AiringOutcome]:
        """Return what came of the airings that were to start in [start, end), in order."""
        return self._database.read(lambda c: outcomes.outcomes(c, start, end))

    # A node's past

    def past_airings(self, node: str) -> list[PastAiring]:
        """Return the figures of a node's latest airings that were `aired` and not disputed, oldest first."""
        return self._database.read(lambda c: past.past_airings(c, node))

    def trends(self) -> dict[str, tuple[Trend, ...]]:
        """Return by node what has moved the wrong way against its own past; nodes without any are left out."""
        return self._database.read(past.trends)

    def trends_of(self, node: str) -> tuple[Trend, ...]:
        """Return what has moved the wrong way at one node."""
        return self._database.read(lambda c: past.trends_of_node(c, node))

    def earlier_clips(self, airing_id: str, node: str) -> list[tuple[str, float]]:
        """Return hash and start (seconds) of the node's last clips of the same recording, latest first."""
        return self._database.read(lambda c: past.earlier_clips(c, airing_id, node))

    # Counters

    def next_counter(self) -> tuple[int, int]:
        """Return (epoch, counter), greater than every pair returned before, also across crashes."""
        return self._counters.advance()

    def raise_epoch(self) -> int:
        """Begin a new epoch (after a takeover) and return it."""
        return self._counters.raise_epoch()

    def outgrow(self, mark: tuple[int, int]) -> int | None:
        """Begin a new epoch above a mark that was never given here, as after a restore; None if it was given."""
        return self._counters.outgrow(mark)

    # Clips

    def is_replay(self, airing_id: str, sha256: str) -> bool:
        """Say whether a clip of this very content came for another airing before."""
        return self._database.read(lambda c: planned.is_replay(c, airing_id, sha256))

    def put_clip(self, airing_id: str, node: str, sha256: str, size_bytes: int, facts: Mapping[str, Any]) -> bool:
        """Write that a clip lies in the object store and waits for its verdict; False if that stood there."""
        clip = WaitingClip(airing_id, node, sha256, size_bytes, facts)
        return self._database.write(lambda c: planned.put_clip(c, clip, self._clock()))

    def clips_to_judge(self, most: int | None = None) -> list[WaitingClip]:
        """Return the clips that no verdict named yet, alerts' first, then the oldest, no more than `most`."""
        return self._database.read(lambda c: planned.clips_to_judge(c, most))

    def count_waiting_clips(self) -> int:
        """Return how many clips no verdict named yet."""
        return self._database.read(planned.count_waiting_clips)

    def waits_for_verdict(self, airing_id: str, node: str) -> bool:
        """Say whether a clip of this airing and node is here and will get its verdict."""
        return self._database.read(lambda c: planned.waits_for_verdict(c, airing_id, node))

    def airings_heard(self, node: str, most: int) -> int:
        """Return of how many airings clips of a node came, counted up to `most`."""
        return self._database.read(lambda c: planned.airings_heard(c, node, most))

    def clip_of(self, airing_id: str, node: str) -> str | None:
        """Return the hash of the latest clip of an airing at a node that is kept, None if none is."""
        return self._database.read(lambda c: planned.clip_of(c, airing_id, node))

    def clips_asked(self, since: datetime) -> list[Evidence]:
        """Return who asked for which clip of airings from `since` on, and the nodes' answers, in order."""
        return self._database.read(lambda c: log.clips_asked(c, since))

    def set_clip_aside(self, airing_id: str, node: str, sha256: str, why: str) -> None:
        """Stop waiting for a verdict on a clip that cannot be judged."""
        self._database.write(lambda c: planned.set_clip_aside(c, airing_id, node, sha256, why))

    def begin_judging(self, airing_id: str, node: str, sha256: str) -> None:
        """Count an attempt to judge a clip, before it is made: it may take the whole process down."""
        self._database.write(lambda c: planned.begin_judging(c, airing_id, node, sha256))

    def end_judging(self, airing_id: str, node: str, sha256: str) -> None:
        """Forget the attempts of a clip whose judging came to an end, good or bad."""
        self._database.write(lambda c: planned.end_judging(c, airing_id, node, sha256))

    def clips_before(self, before: datetime) -> list[WaitingClip]:
        """Return the clips kept of airings that started before, but for disputed ones and those that wait."""
        return self._database.read(lambda c: planned.clips_before(c, before))

    def forget_clip(self, airing_id: str, node: str, sha256: str) -> None:
        """Note that a clip is no longer kept."""
        self._database.write(lambda c: planned.forget_clip(c, airing_id, node, sha256))
