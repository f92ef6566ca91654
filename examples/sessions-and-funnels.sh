#!/bin/sh
# What share of the visits gets as far as the cart, the checkout, a purchase, on which device?
#
# A visit is a session: the clicks of a user with less than five minutes between them. The second window
# counts visits, the first one clicks.

ssim clicks --count 40000 --disorder 20s |
    swindow -t time -d 20s -w session:5m -k 'user, device' -a "
        count AS clicks,
        count FILTER (WHERE step = 'product') AS products,
        count FILTER (WHERE step = 'cart') AS carts,
        count FILTER (WHERE step = 'purchase') AS purchases,
        sum(eur) AS eur" |
    swindow -w 1h -k device -a "
        count AS visits, avg(clicks) AS clicks,
        count FILTER (WHERE products > 0) AS product,
        count FILTER (WHERE carts > 0) AS cart,
        count FILTER (WHERE purchases > 0) AS purchase,
        sum(eur) AS eur" |
    smap 'window_start, device, visits, round(clicks, 1) AS clicks, product, cart, purchase,
          round(100.0 * purchase / visits, 1) AS percent, eur' |
    sto table
