# Cell suppression by Gaussian elimination (Langsrud, 2024), R package GaussSuppression, for `disclosure.py`.
#
#   Rscript disclosure_gauss.R persons.csv "~ area:sex + area:age" 11 suppressed.csv [exact|intervals]
#   Rscript disclosure_gauss.R persons.csv columns 11 suppressed.csv [exact|intervals]
#
# With "columns" each column of persons.csv is a table, and its values are the table's cells.
# "exact" protects against exact recovery, which is what the package does by default; with "intervals" it goes on until
# no suppressed cell is known to within 11 persons (needs Rglpk).
suppressMessages(library(GaussSuppression))
given <- commandArgs(trailingOnly = TRUE)
k <- as.integer(given[3])
persons <- read.csv(given[1], colClasses = "character", na.strings = character(0))
rules <- list(maxN = k - 1, protectZeros = FALSE, extend0 = FALSE, printInc = FALSE)
if (given[2] == "columns") {
  inner <- aggregate(freq ~ ., cbind(persons, freq = 1), sum)
  cells <- lapply(inner[names(persons)], factor)
  rules <- c(rules, list(
    # Nearly every person stands alone in so many tables at once: the package would hide them from one another.
    inner, freqVar = "freq", singletonMethod = "none",
    x = do.call(cbind, lapply(cells, function(cell) Matrix::t(Matrix::fac2sparse(cell)))),
    crossTable = data.frame(
      table = rep(names(cells), lengths(lapply(cells, levels))), cell = unlist(lapply(cells, levels), use.names = FALSE)
    )
  ))
} else {
  rules <- c(rules, list(persons, formula = as.formula(given[2])))
}
if (given[5] == "intervals") rules <- c(rules, lpPackage = "Rglpk", rangeMin = k)
found <- do.call(SuppressSmallCounts, rules)
write.csv(found, given[4], row.names = FALSE)
