@file:JvmSynthetic

package dev.leasehold.memory.diagnostics

import dev.leasehold.memory.internal.diagnostics.HtmlWriter
import dev.leasehold.memory.internal.diagnostics.PageOptions
import dev.leasehold.memory.internal.diagnostics.ReportText
import dev.leasehold.memory.internal.diagnostics.Shares
import dev.leasehold.memory.internal.diagnostics.Shown
import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter

// What is shown one by one; the rest is summed up.
private const val MOST_BUDGETS = 500
private const val MOST_OWNERS = 1000
private const val MOST_CARDS = 24

/** How many slabs of one pool or manager a page names. */
internal const val MOST_SLABS: Int = 1000

private val STYLE: String by lazy {
    MemoryReport::class.java.getResourceAsStream("report.css")!!.use { it.readBytes().decodeToString() }
}

private val TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'").withZone(ZoneOffset.UTC)

/** The page of [snapshot], which is [detailed][MemorySnapshot.Companion.detailed]. */
internal fun pageOf(snapshot: MemorySnapshot, options: PageOptions): String = HtmlWriter().apply {
    raw("<!doctype html>\n")
    element("html", "lang" to "en") {
        element("head") { head(snapshot, options) }
        element("body") {
            title(snapshot, options)
            element("main") { sections(snapshot, options) }
        }
    }
    raw("\n")
}.toString()

private fun HtmlWriter.head(snapshot: MemorySnapshot, options: PageOptions) {
    raw("<meta charset=\"utf-8\"/>")
    raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>")
    raw("<meta name=\"color-scheme\" content=\"light dark\"/>")
    raw("<link rel=\"icon\" href=\"data:,\"/>")
    val seconds = options.refreshSeconds ?: 0
    if (seconds > 0) raw("<meta http-equiv=\"refresh\" content=\"$seconds\"/>")
    element("title", value = "${ReportText.bytes(snapshot.budget.used)} · ${snapshot.budget.path} · Leasehold")
    raw("<style>$STYLE</style>")
}

private fun HtmlWriter.title(snapshot: MemorySnapshot, options: PageOptions): Unit = element("header") {
    element("h1") {
        element("bdi", value = snapshot.budget.path)
        element("small", value = " off-heap memory")
    }
    element("p") {
        val time = Instant.ofEpochMilli(snapshot.time)
        element("time", "datetime" to time, value = TIME.format(time))
        val seconds = options.refreshSeconds ?: return@element
        if (seconds > 0) {
            element("span", value = "every $seconds s")
            element("a", "href" to "?still", value = "Pause")
        } else {
            element("span", value = "paused")
            element("a", "href" to "?", value = "Go on")
        }
        element("a", "href" to "?json", value = "JSON")
    }
}

private fun HtmlWriter.sections(snapshot: MemorySnapshot, options: PageOptions) {
    val root = snapshot.budget
    val owners: List<OwnerSnapshot> = snapshot.pools + snapshot.managers
    val budgets = Shown(snapshot.budgets, MOST_BUDGETS, "b", BudgetSnapshot::used)
    val rows = Shown(owners, MOST_OWNERS, "o", OwnerSnapshot::charged)
    val cards = Shown(owners.filter { it.occupancy?.classes?.isNotEmpty() == true }, MOST_CARDS, "c") { it.charged }
    total(root)
    attention(owners)
    if (options.history.size > 1) {
        section("Over time", "What was held, and how much of it was in use.") { historyOf(options.history, root.limit) }
    }
    section("Where it is", "Each area is as large as the bytes that are held there.") { treemapOf(root, rows) }
    if (options.sites.isNotEmpty()) {
        section("What is open longest", "By the place where it was taken.") {
            sitesOf(options.sites)
        }
    }
    section("Budgets, pools and managers", "The bars have one scale: all that is held.") {
        tableOf(root, budgets, rows, cards)
    }
    if (cards.list.isNotEmpty()) section("Blocks by size", BLOCKS) { cardsOf(cards, owners) }
}

private const val BLOCKS =
    "Each square is a slab: the stronger, the more of its blocks are out, in use or in a thread's " +
        "cache. What is in use has the blocks in quarantine, too."

/** A section with a heading, and in one sentence what is seen in it. */
internal fun HtmlWriter.section(heading: String, caption: String, content: HtmlWriter.() -> Unit): Unit =
    element("section") {
        element("h2", value = heading)
        element("p", "class" to "caption", value = caption)
        content()
    }

private fun HtmlWriter.total(root: BudgetSnapshot): Unit = element("section", "class" to "total") {
    val shares = root.shares
    element("p", "class" to "held") {
        bytes(root.used, "held")
        text(" held")
        if (root.limit != Long.MAX_VALUE) {
            element("small") {
                text(" of ")
                bytes(root.limit, "limit")
            }
        }
        element("small", "class" to "peak") {
            text("peak ")
            bytes(root.peak, "peak")
        }
    }
    val free = root.freeBytes
    val whole = maxOf(1, shares.held + free)
    element("i", "class" to "bar", "style" to "--w:100%;${stops(shares, whole)}") {}
    element("dl", "class" to "legend") {
        part("used", "In use", shares.used, shares.held)
        part("idle", "Idle", shares.idle, shares.held)
        part("quarantined", "Quarantined", shares.quarantined, shares.held)
        if (shares.lost > 0) part("lost", "Forgotten", shares.lost, shares.held)
        if (root.limit != Long.MAX_VALUE) part("free", "Free", free, null)
    }
}

private fun HtmlWriter.part(name: String, label: String, count: Long, whole: Long?): Unit = element("div") {
    element("dt", "class" to name, value = label)
    element("dd") {
        bytes(count, name)
        if (whole != null) element("small", value = " ${ReportText.percent(count, whole)}")
    }
}

/** What an operator should look at first, if there is anything. */
private fun HtmlWriter.attention(owners: List<OwnerSnapshot>) {
    val waiting = owners.filter { ((it as? PoolSnapshot)?.statistics?.waiters ?: 0) > 0 }
    val messages = listOf(
        "Requests wait for memory" to waiting,
        "Forgotten, and never closed" to owners.filter { it.state == OwnerState.FORGOTTEN },
        "Closed, with memory in use" to owners.filter { it.state == OwnerState.CLOSED },
    ).filter { it.second.isNotEmpty() }
    if (messages.isEmpty()) return
    element("dl", "class" to "attention") {
        for ((what, whose) in messages) {
            element("div") {
                element("dt", value = what)
                element("dd", value = namesOf(whose))
            }
        }
    }
}

private fun namesOf(owners: List<OwnerSnapshot>): String {
    val more = owners.size - MOST_NAMES
    val names = owners.take(MOST_NAMES).joinToString { it.name }
    return if (more > 0) "$names and ${ReportText.number(more.toLong())} more" else names
}

private const val MOST_NAMES = 4

/** A number of bytes, with the exact one for programs and for who points at it. */
internal fun HtmlWriter.bytes(count: Long, name: String? = null): Unit =
    element("data", "class" to name, "value" to count, "title" to exact(count), value = ReportText.bytes(count))

private fun exact(count: Long): String? = if (count < EXACT) null else "${ReportText.number(count)} bytes"

// Below it is shown as it is.
private const val EXACT = 1000

/** How far the parts of a bar reach that is [whole] bytes long. */
internal fun stops(shares: Shares, whole: Long): String {
    val quarantined = shares.used + shares.idle + shares.quarantined
    return "--u:${share(shares.used, whole)};--i:${share(shares.used + shares.idle, whole)};" +
        "--q:${share(quarantined, whole)};--l:${share(shares.held, whole)}"
}

/** [part] of [whole] in CSS. */
internal fun share(part: Long, whole: Long): String = css(if (whole <= 0) 0.0 else 100.0 * part / whole)

/** A percentage in CSS, in hundredths. */
internal fun css(percent: Double): String = ReportText.plain(Math.round(percent * HUNDRED)) + "%"

private const val HUNDRED = 100

/** What the bytes are that its budget counts. */
internal val OwnerSnapshot.shares: Shares
    get() {
        val figures = statistics ?: return Shares(0, 0, 0, charged)
        val quarantined = minOf(figures.quarantined, charged)
        val idle = minOf(figures.idle, charged - quarantined)
        return Shares(charged - idle - quarantined, idle, quarantined, 0)
    }

/** What the bytes are that count here. */
internal val BudgetSnapshot.shares: Shares
    get() {
        val own = Shares(moved + otherCopies, 0, 0, 0)
        val owners = (pools + managers).fold(own) { sum, it -> sum + it.shares }
        return budgets.fold(owners) { sum, it -> sum + it.shares }
    }

/** How many bytes are left up to the limit; 0 where there is none. */
internal val BudgetSnapshot.freeBytes: Long get() = if (limit == Long.MAX_VALUE) 0 else maxOf(0, limit - used)
