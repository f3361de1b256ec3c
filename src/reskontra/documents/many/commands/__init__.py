"""What is done about many new documents."""
