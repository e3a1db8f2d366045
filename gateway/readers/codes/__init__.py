"""Cards that are shown or swiped: QR codes, magnetic stripes, and the scanners that read them.

Pure: characters and times in, an identity or a named trouble out. The backends beside this package
(``serial_scan``, ``evdev_scan``) open the devices.
"""
