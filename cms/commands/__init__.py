"""What can be done: one function per verb, each in the same order.

Who may, is it possible, change, return; :func:`cms.commands.work.command` wraps a savepoint
and the audit record around it.
"""
