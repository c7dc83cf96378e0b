"""The people of the organs: they apply, approve, dispatch and settle through the public HTTP interface, as the plan of
each day says, and know nothing of the service behind it.

staff, forms, papers   who drives, what is written, when each step is due: pure, from seed, vehicle and date
agenda                 which step an order waits for, by what the interface says of it: pure
sessions, desk         log-ins, requests, and the clerk who goes through what is due
"""
