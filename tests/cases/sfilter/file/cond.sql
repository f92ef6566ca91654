-- what the pager shows
status >= 500   -- errors
  AND path IS NOT NULL
