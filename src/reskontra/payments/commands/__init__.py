"""What can be done with payments. The route opens the transaction; payments settle others, so they always need one."""
