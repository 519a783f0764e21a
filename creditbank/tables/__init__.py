"""Tables in and out: import spreadsheets of people, enrolments and outcomes; export statements and postings."""

from creditbank.tables.columns import Kind
from creditbank.tables.exporting import ExportReport, Format, export_postings, export_statements
from creditbank.tables.importing import BadRow, ImportReport, import_table

__all__ = [
    "BadRow",
    "ExportReport",
    "Format",
    "ImportReport",
    "Kind",
    "export_postings",
    "export_statements",
    "import_table",
]
