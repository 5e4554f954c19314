module droppod/supervise

go 1.19
