"""What a study's report leaves as files: the page, figures for a journal, and the table as CSV, Markdown and LaTeX."""

import os
from pathlib import Path

import pandas as pd

from premotor.files import write_atomically
from premotor.report.figure_files import write_figure_files
from premotor.report.sections import write_report
from premotor.report.study_report import StudyRecord
from premotor.report.study_rows import comparisons_table

TABLE = "comparisons"
"""Name of the files of the table."""


def write_study_report(folder: str | os.PathLike[str]) -> Path:
    """Write the page of a study, its figures as SVG and PDF, and its table as CSV, Markdown and LaTeX; return the page.

    Raises:
        PremotorError: it is no study, has no rows yet, or a file is damaged.
    """
    place = Path(folder)
    page = write_report(place)
    write_figure_files(place, ("svg", "pdf"))
    table = comparisons_table(StudyRecord.read(place).lines())
    texts = {"csv": table.to_csv(index=False), "md": markdown(table), "tex": latex(table)}
    for end, text in texts.items():
        write_atomically(place / f"{TABLE}.{end}", text)
    return page


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown."""
    rows = [[str(name).replace("_", " ") for name in table], ["---"] * table.shape[1], *_texts(table)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def latex(table: pd.DataFrame) -> str:
    """A table in LaTeX (booktabs), without its float."""
    signs = {"_": r"\_", "%": r"\%", "&": r"\&", "#": r"\#", "−": "$-$", "–": "--"}

    def escaped(text: str) -> str:
        return "".join(signs.get(letter, letter) for letter in text)

    head = " & ".join(escaped(str(name).replace("_", " ")) for name in table)
    body = "".join(f"{' & '.join(map(escaped, row))} \\\\\n" for row in _texts(table))
    columns = "".join("r" if pd.api.types.is_numeric_dtype(table[name]) else "l" for name in table)
    return f"\\begin{{tabular}}{{{columns}}}\n\\toprule\n{head} \\\\\n\\midrule\n{body}\\bottomrule\n\\end{{tabular}}\n"


def _texts(table: pd.DataFrame) -> list[list[str]]:
    rows = table.itertuples(index=False)
    return [["–" if pd.isna(v) else f"{v:.4g}" if isinstance(v, float) else str(v) for v in row] for row in rows]
