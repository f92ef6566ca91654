-- errors
status >= 500
  AND path ==> 1
