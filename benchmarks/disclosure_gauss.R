# GaussSuppression on one table: Rscript disclosure_gauss.R DIRECTORY
# DIRECTORY holds rows.csv (dimensions, value, contributor), tree_<dimension>.csv (levels, codes) and rule.csv (rule).
# Written there: pattern.csv (codes and A or Q per cell) and figures.csv (CPU seconds).
suppressPackageStartupMessages(library(GaussSuppression))
directory <- commandArgs(trailingOnly = TRUE)[1]
path <- function(name) file.path(directory, name)
rows <- read.csv(path("rows.csv"), colClasses = "character")
rows$value <- as.numeric(rows$value)
dimensions <- setdiff(names(rows), c("value", "contributor"))
trees <- lapply(dimensions, function(name) read.csv(path(paste0("tree_", name, ".csv")), colClasses = "character"))
names(trees) <- dimensions
rule <- read.csv(path("rule.csv"), colClasses = "character")$rule
start <- proc.time()
if (rule == "count") {
  found <- SuppressSmallCounts(rows, maxN = 9, freqVar = "value", hierarchies = trees, protectZeros = FALSE,
                               printInc = FALSE)
} else if (rule == "p_percent") {
  found <- SuppressDominantCells(rows, dominanceVar = "value", contributorVar = "contributor", pPercent = 10,
                                 hierarchies = trees, printInc = FALSE)
} else {
  found <- SuppressDominantCells(rows, dominanceVar = "value", contributorVar = "contributor", n = c(1, 2),
                                 k = c(75, 90), hierarchies = trees, printInc = FALSE)
}
spent <- proc.time() - start
write.table(data.frame(found[dimensions], ifelse(found$suppressed, "Q", "A")), path("pattern.csv"), sep = ",",
            row.names = FALSE, col.names = FALSE, quote = FALSE)
write.csv(data.frame(seconds = spent[["user.self"]] + spent[["sys.self"]]), path("figures.csv"), row.names = FALSE)
