"""What is put before people who must answer for it: energy sheets and the monthly report. Pure."""
