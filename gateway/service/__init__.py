"""The running gateway: broker in, ledger through, sealed receipts out.

Reading order: ``messages``, ``presence``, ``configurations``, ``core`` (no threads), then
``commands``, ``data_dir``, ``admin_socket``, ``lane`` and ``runner`` (threads).
"""
