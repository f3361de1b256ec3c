"""What a company file holds and what a change by it would do: checks, merging, plan, refusals."""
