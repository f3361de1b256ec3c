"""Who sells. Rules and store stand below companies; what knows customers (routes, wire, commands) above them."""
