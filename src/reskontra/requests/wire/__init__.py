"""How recorded requests look: as JSON, as commands, as an HTTP archive, as tests."""
