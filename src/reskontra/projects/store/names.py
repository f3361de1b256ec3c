"""Projects as documents show them: part of the reference data, so that showing one costs no query (PRJ-02)."""

from __future__ import annotations

from reskontra.db.tables import Table
from reskontra.projects.rules.project import ProjectName

PROJECT_NAME_TABLE = Table("projects", "project", ProjectName, ("number",), entity="Project")

PROJECT_NUMBERS = "select project.number from project where project.company_id = $1"
