"""SQL of reports, composed from fragments of the rooms that store the rows.

Each report has two statements: a paged list for JSON, and a table for CSV, which is read whole.
"""
