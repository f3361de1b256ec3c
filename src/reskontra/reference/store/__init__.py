"""SQL of the reference data: read whole at one version, remembered, and written table by table."""
