"""Runs that a study asks for and that have no result."""

from collections import Counter

from premotor.report.page import Block, Missing, Section, Table, Text, count, listed
from premotor.report.sections import SECTIONS, ReportSection
from premotor.report.study_report import StudyRecord


@SECTIONS.register("study-missing")
class MissingRuns(ReportSection[StudyRecord]):
    """What was asked for and is not there: no table counts it."""

    order, about = 40, StudyRecord

    def applies(self, record: StudyRecord) -> bool:
        """Whether a run is missing."""
        return bool(record.missing)

    def build(self, record: StudyRecord) -> Section:
        """The section."""
        states = Counter(each.state for each in record.missing)
        asked = len(record.rows) + len(record.missing)
        verb = "has" if len(record.missing) == 1 else "have"
        told = listed([f"{number} {state}" for state, number in sorted(states.items())])
        blocks: list[Block] = [
            Text(f"{len(record.missing)} of {count(asked, 'run')} {verb} no result, and no table counts them: {told}.")
        ]
        broken = [each for each in record.missing if each.state in ("failed", "stopped")]
        if broken:
            rows = [[each.member.name, each.state, f"{each.tries}", each.said] for each in broken]
            head = ["run", "state", "tries", "last line"]
            blocks.append(Table(head, rows, "Runs that ended without a result", numeric=(2,)))
        blocks.append(Missing("The same command goes on with them:", record.command("study")))
        return Section("Runs that are missing", blocks)
