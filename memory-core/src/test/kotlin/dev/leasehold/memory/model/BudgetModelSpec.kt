package dev.leasehold.memory.model

import dev.leasehold.memory.internal.budget.BudgetLeaf
import dev.leasehold.memory.internal.budget.BudgetNode
import dev.leasehold.memory.internal.budget.Charge
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.random.Random

/** The tree beside a model that is too simple to be wrong: the bytes of each holder, and the sum at each node. */
private class Model(seed: Long) {
    class Held(val account: Int, val charge: Charge, var payer: Int, val bytes: Long)

    private val random = Random(seed)
    private val root = BudgetNode("app", 400, null)
    private val nodes = listOf(root, node("a", 250, root), node("b", Long.MAX_VALUE, root)).let {
        it + node("a1", 150, it[1]) + node("a2", 0, it[1]) + node("b1", 90, it[2])
    }
    private val accounts = listOf(3, 3, 4, 5, 2, 0).mapIndexed { index, at ->
        BudgetLeaf("pool $index", 120, nodes[at])
    }

    // What each account and node is charged with itself, and what accounts owe to nodes.
    private val charged = LongArray(accounts.size)
    private val own = LongArray(nodes.size)
    private val debts = accounts.map { ArrayDeque<Pair<Int, Long>>() }
    private val moved = ArrayList<Held>()
    private val peaks = HashMap<BudgetNode, Long>()

    private fun node(name: String, limit: Long, parent: BudgetNode) = BudgetNode(name, limit, parent)

    fun step() {
        when (random.nextInt(10)) {
            0, 1, 2, 3 -> reserve(random.nextInt(accounts.size), random.nextLong(60))
            4, 5 -> release(random.nextInt(accounts.size))
            6 -> transfer(random.nextInt(accounts.size), random.nextInt(nodes.size))
            7 -> end()
            8 -> moveOn()
            else -> changeLimit(nodes.random(random), random.nextLong(300))
        }
        compare()
    }

    private fun pathOf(node: BudgetNode) = generateSequence(node) { it.parent }.toList()

    private fun used(node: BudgetNode): Long =
        accounts.indices.filter { node in pathOf(accounts[it]) }.sumOf { charged[it] } +
            nodes.indices.filter { node in pathOf(nodes[it]) }.sumOf { own[it] }

    private fun fits(path: List<BudgetNode>, bytes: Long) = path.all { bytes <= it.limit - used(it) }

    private fun reserve(index: Int, bytes: Long) {
        val refuser = pathOf(accounts[index]).firstOrNull { bytes > it.limit - used(it) }
        accounts[index].forgetRefusal()
        accounts[index].tryReserve(bytes) shouldBe (refuser == null)
        accounts[index].refusal?.node shouldBe refuser
        if (refuser == null) charged[index] += bytes
    }

    private fun release(index: Int) {
        val owed = debts[index].sumOf { it.second }
        val bytes = random.nextLong(charged[index] + owed + 1)
        accounts[index].release(bytes)
        charged[index] -= settle(index, bytes) { payer, part -> own[payer] -= part }
    }

    /**
     * Taken are what the account is charged with itself, then what others pay for it since a charge could not come
     * back.
     */
    private fun transfer(index: Int, to: Int) {
        val bytes = random.nextLong(charged[index] + debts[index].sumOf { it.second } + 1)
        val expected = takesOver(index, to, bytes)
        val charge = accounts[index].prepare(bytes, nodes[to])
        (charge != null) shouldBe expected
        if (charge == null) return
        if (random.nextInt(4) == 0) return charge.cancel()
        charge.commit()
        charged[index] -= minOf(bytes, charged[index]).also { own[to] += it }
        val moving = bytes - (usedBefore - charged[index])
        settle(index, moving) { payer, part ->
            own[payer] -= part
            own[to] += part
        }
        moved += Held(index, charge, to, bytes)
    }

    private var usedBefore = 0L

    private fun takesOver(index: Int, to: Int, bytes: Long): Boolean {
        usedBefore = charged[index]
        val direct = minOf(bytes, charged[index])
        val sources = ArrayList<Pair<List<BudgetNode>, Long>>().apply { add(pathOf(accounts[index]) to direct) }
        var left = bytes - direct
        for ((payer, debt) in debts[index]) {
            val part = minOf(left, debt)
            if (part > 0) sources += pathOf(nodes[payer]) to part
            left -= part
        }
        val added = HashMap<BudgetNode, Long>()
        return sources.all { (path, part) ->
            val below = pathOf(nodes[to]) - path.toSet()
            below.all { part <= it.limit - used(it) - (added[it] ?: 0) }.also {
                for (node in below) added.merge(node, part, Long::plus)
            }
        }
    }

    /** Takes [bytes] from the debts of an account, the newest first. */
    private fun settle(index: Int, bytes: Long, paid: (payer: Int, part: Long) -> Unit): Long {
        var left = bytes
        while (left > 0 && debts[index].isNotEmpty()) {
            val (payer, debt) = debts[index].removeFirst()
            val part = minOf(left, debt)
            paid(payer, part)
            left -= part
            if (debt > part) debts[index].addFirst(payer to debt - part)
        }
        return left
    }

    private fun moveOn() {
        val held = moved.randomOrNull(random) ?: return
        val to = random.nextInt(nodes.size)
        val below = pathOf(nodes[to]) - pathOf(nodes[held.payer]).toSet()
        val next = held.charge.prepareMove(nodes[to])
        (next != null) shouldBe fits(below, held.bytes)
        if (next == null) return
        if (random.nextBoolean()) return next.cancel()
        next.commit()
        own[held.payer] -= held.bytes
        own[to] += held.bytes
        moved -= held
        moved += Held(held.account, next, to, held.bytes)
    }

    private fun end() {
        val held = moved.removeLastOrNull() ?: return
        val below = pathOf(accounts[held.account]) - pathOf(nodes[held.payer]).toSet()
        val room = fits(below, held.bytes)
        held.charge.end()
        if (room) {
            own[held.payer] -= held.bytes
            charged[held.account] += held.bytes
        } else {
            debts[held.account].addFirst(held.payer to held.bytes)
        }
    }

    private fun changeLimit(node: BudgetNode, limit: Long) {
        node.limit = limit
    }

    private fun compare() {
        for (node in nodes + accounts) {
            node.used shouldBe used(node)
            val peak = maxOf(peaks[node] ?: 0, node.used)
            // A move on counts a charge twice below what is above both, for a moment, and is the peak then.
            check(node.peak >= peak)
            peaks[node] = node.peak
        }
        for ((index, node) in nodes.withIndex()) {
            node.ownBytes shouldBe own[index]
            val children = (nodes + accounts).filter { it.parent === node }.sumOf { it.used }
            node.used shouldBe children + own[index]
        }
        for ((index, account) in accounts.withIndex()) {
            val away = moved.filter { it.account == index }.sumOf { it.bytes } + debts[index].sumOf { it.second }
            account.transferred shouldBe away
            account.reserved shouldBe charged[index] + away
        }
    }

    fun finish() {
        while (moved.isNotEmpty()) end()
        for (index in accounts.indices) {
            accounts[index].release(charged[index] + debts[index].sumOf { it.second })
            accounts[index].isIdle shouldBe true
        }
        for (node in nodes) node.used shouldBe 0
        for (node in nodes) node.ownBytes shouldBe 0
    }
}

class BudgetModelSpec : FunSpec({
    test("after every step each node has what its members have, and everything ends at nothing") {
        val seed = Effort.seed("budget model")
        repeat(Effort.times(60)) { round ->
            val model = Model(seed + round)
            repeat(200) { model.step() }
            model.finish()
        }
    }
})
