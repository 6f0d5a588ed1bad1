# Cell suppression by Gaussian elimination (Langsrud, 2024), R package GaussSuppression, for `disclosure.py`.
#
#   Rscript disclosure_gauss.R persons.csv "~ area:sex + area:age" 11 suppressed.csv [exact|intervals]
#
# "exact" protects against exact recovery, which is what the package does by default; with "intervals" it goes on until
# no suppressed cell is known to within 11 persons (needs Rglpk).
suppressMessages(library(GaussSuppression))
given <- commandArgs(trailingOnly = TRUE)
k <- as.integer(given[3])
persons <- read.csv(given[1], colClasses = "character")
rules <- list(
  persons, maxN = k - 1, formula = as.formula(given[2]), protectZeros = FALSE, extend0 = FALSE, printInc = FALSE
)
if (given[5] == "intervals") rules <- c(rules, lpPackage = "Rglpk", rangeMin = k)
found <- do.call(SuppressSmallCounts, rules)
write.csv(found, given[4], row.names = FALSE)
