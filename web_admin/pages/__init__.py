"""Pages of one module each; larger areas are packages beside this one."""
