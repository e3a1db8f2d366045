"""``mohr chaos``: real processes, mistreated at random moments, and whether the promises held.

Reading order: ``plan`` (which faults strike when, from a seed), ``shop`` and ``lane`` (the
processes), ``customers`` (the work, and what the outside was promised), ``misfortune`` (the faults,
done), ``healing`` (everything well again), ``check`` (the history checker and the audit), ``life``
(one shop through many rounds), ``run`` and ``report``.

Real are Mosquitto, the gateway, the agents, their databases and the kernel that kills them.
Simulated are readers, cards and tills. Not modelled: a power cut, which takes the page cache with
it (``simulators.power``), and faults in the middle of a system call.
"""
