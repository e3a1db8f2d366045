"""Terminals as a person looks after them: how one stands, in which words, and adding one.

``state`` judges layer by layer, ``words`` says what to do, ``forms`` checks what is typed.
"""
