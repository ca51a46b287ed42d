@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.ManagerStatistics
import dev.leasehold.memory.MemoryStatistics
import dev.leasehold.memory.PoolStatistics
import dev.leasehold.memory.internal.budget.ByteText
import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.ReportText
import dev.leasehold.memory.internal.diagnostics.Shares
import dev.leasehold.memory.internal.diagnostics.Shown
import dev.leasehold.memory.internal.platform.counted

private val COLUMNS = listOf(
    "Name", "", "Held", "In use", "Idle", "Quarantined", "Limit", "Peak", "Open", "Requests", "Hits", "Waiting",
)

// From here on a limit is nearly reached.
private const val NEAR = 0.9

// How many suspending pools of one pool have a line each.
private const val MOST_SUSPENDING = 8

/** A table of [root] and all below it, the largest first: those that are [shown][rows], and the others summed up. */
internal fun HtmlWriter.tableOf(
    root: BudgetSnapshot,
    budgets: Shown<BudgetSnapshot>,
    rows: Shown<OwnerSnapshot>,
    cards: Shown<OwnerSnapshot>,
): Unit = element("table", "class" to "tree") {
    element("thead") {
        element("tr") { for (column in COLUMNS) element("th", "scope" to "col", value = column) }
    }
    element("tbody") { Rows(root.used, budgets, rows, cards).budget(this, root, 0) }
}

private class Rows(
    private val whole: Long,
    private val budgets: Shown<BudgetSnapshot>,
    private val rows: Shown<OwnerSnapshot>,
    private val cards: Shown<OwnerSnapshot>,
) {
    fun budget(to: HtmlWriter, budget: BudgetSnapshot, depth: Int) {
        to.row(budgets.idOf(budget), "budget", depth, budget.shares, {
            element("bdi", value = budget.name)
        }) {
            cell(budget.used)
            parts(budget.shares)
            limit(budget.limit, budget.used)
            cell(budget.peak)
        }
        val (shown, others) = (budget.pools + budget.managers).sortedByDescending {
            it.charged
        }.partition { it in rows }
        for (owner in shown) to.owner(owner, depth + 1)
        to.more(others.size, "pool or manager", "pools and managers", depth + 1, others.map { it.shares })
        if (budget.moved > 0) to.bytesRow("moved here", budget.moved, depth + 1)
        if (budget.otherCopies > 0) to.bytesRow(ByteText.OTHERS, budget.otherCopies, depth + 1)
        val (below, rest) = budget.budgets.sortedByDescending { it.used }.partition { it in budgets }
        for (each in below) budget(to, each, depth + 1)
        to.more(rest.size, "budget", "budgets", depth + 1, rest.map { it.shares })
    }

    private fun HtmlWriter.owner(owner: OwnerSnapshot, depth: Int) {
        val kind = if (owner is PoolSnapshot) {
            "pool"
        } else if (owner is ManagerSnapshot &&
            owner.file != null
        ) {
            "file"
        } else {
            "manager"
        }
        row(rows.idOf(owner), kind, depth, owner.shares, {
            val card = cards.idOf(owner)
            if (card == null) {
                element("bdi", value = owner.name)
            } else {
                element("a", "href" to "#$card") { element("bdi", value = owner.name) }
            }
            if (owner.state != OwnerState.OPEN) {
                element("em", value = owner.state.name.lowercase())
            }
        }) {
            val figures = owner.statistics
            if (figures == null) cell(owner.charged) else figures(figures)
        }
        if (owner is PoolSnapshot) suspendingPools(owner, depth + 1)
    }

    private fun HtmlWriter.suspendingPools(owner: PoolSnapshot, depth: Int) {
        val all = owner.suspendingPools
        for (pool in all.take(MOST_SUSPENDING)) {
            row(null, "suspending", depth, Shares.NONE, {
                element("bdi", value = owner.name)
                if (pool.state != OwnerState.OPEN) element("em", value = pool.state.name.lowercase())
            }) {
                empty(1)
                cell(pool.used)
                empty(2)
                limit(pool.capacity, pool.used)
                empty(4)
                number(pool.waiters.toLong(), isNotable = pool.waiters > 0)
            }
        }
        val rest = all.drop(MOST_SUSPENDING)
        more(rest.size, "suspending pool", "suspending pools", depth, emptyList())
    }

    private fun HtmlWriter.empty(count: Int): Unit = repeat(count) { element("td") {} }

    private fun HtmlWriter.figures(figures: MemoryStatistics) {
        cell(figures.reserved)
        cell(figures.used)
        cell(figures.idle)
        cell(figures.quarantined)
        limit(figures.limit, figures.reserved - figures.transferred)
        cell(figures.peak)
        when (figures) {
            is PoolStatistics -> {
                number(figures.leases)
                number(figures.rents)
                element("td", value = ReportText.percent(figures.hits, figures.rents))
                number(figures.waiters.toLong(), isNotable = figures.waiters > 0)
            }

            is ManagerStatistics -> {
                number(figures.blocks)
                number(figures.allocations)
                element("td", value = ReportText.percent(figures.hits, figures.allocations))
            }
        }
    }

    private fun HtmlWriter.more(count: Int, one: String, many: String, depth: Int, parts: List<Shares>) {
        if (count == 0) return
        val sum = parts.fold(Shares.NONE, Shares::plus)
        row(null, "more", depth, sum, { text("${counted(count.toLong(), one, many)} more") }) {
            cell(sum.held)
            parts(sum)
        }
    }

    private fun HtmlWriter.bytesRow(name: String, bytes: Long, depth: Int) =
        row(null, "more", depth, Shares(bytes, 0, 0, 0), { text(name) }) { cell(bytes) }

    private inline fun HtmlWriter.row(
        id: String?,
        kind: String,
        depth: Int,
        shares: Shares,
        name: HtmlWriter.() -> Unit,
        cells: HtmlWriter.() -> Unit,
    ): Unit = element("tr", "id" to id, "class" to kind) {
        element("th", "scope" to "row", "style" to if (depth == 0) null else "--d:$depth") {
            name()
            if (kind != "more") element("small", value = " $kind")
        }
        element("td") {
            val length = "--w:${share(shares.held, maxOf(1, whole))}"
            element("i", "class" to "bar", "style" to "$length;${stops(shares, maxOf(1, shares.held))}") {}
        }
        cells()
    }

    private fun HtmlWriter.parts(shares: Shares) {
        cell(shares.used)
        cell(shares.idle)
        cell(shares.quarantined)
    }

    private fun HtmlWriter.cell(bytes: Long): Unit =
        element("td", "class" to if (bytes == 0L) "zero" else null) { bytes(bytes) }

    private fun HtmlWriter.limit(limit: Long, held: Long) {
        if (limit == Long.MAX_VALUE) return element("td", "class" to "zero", value = "none")
        val isNear = held > 0 && held >= limit * NEAR
        element("td", "class" to if (isNear) "near" else null) {
            bytes(limit)
            if (isNear) element("span", "class" to "unseen", value = " nearly reached")
        }
    }

    private fun HtmlWriter.number(count: Long, isNotable: Boolean = false) {
        val look = if (isNotable) {
            "near"
        } else if (count == 0L) {
            "zero"
        } else {
            null
        }
        element("td", "class" to look) { element("data", "value" to count, value = ReportText.number(count)) }
    }
}
