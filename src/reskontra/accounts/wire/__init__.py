"""How the chart of accounts looks on the wire, and how other answers name its accounts."""
