ip,      -- who
* EXCEPT (user)
