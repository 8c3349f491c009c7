"""The demo: real purchases through the deployed template on the local AWS."""
