package dev.leasehold.memory.model

import dev.leasehold.memory.internal.store.SplayNode
import dev.leasehold.memory.internal.store.SplayTree
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.util.TreeSet
import kotlin.random.Random

/** The tree of what is free in a store, beside the platform's. */
class SplayTreeSpec : FunSpec({
    class Node(override val rank: Long, override val order: Long) : SplayNode<Node>()

    val byKeys = compareBy(Node::rank, Node::order)

    test("it finds what the platform's tree finds, whatever comes and goes") {
        val random = Random(Effort.seed("splay tree"))
        repeat(Effort.times(20)) {
            val tree = SplayTree<Node>()
            val model = TreeSet(byKeys)
            repeat(2_000) {
                val key = Node(random.nextLong(20), random.nextLong(20))
                when (random.nextInt(5)) {
                    0, 1 -> tree.add(key) shouldBe model.add(key)
                    2 -> model.ceiling(key)?.let { there -> tree.remove(there) shouldBe model.remove(there) }
                    3 -> tree.ceiling(key.rank, key.order) shouldBe model.ceiling(key)
                    else -> tree.remove(key) shouldBe false
                }
                tree.isEmpty shouldBe model.isEmpty()
                tree.first() shouldBe model.firstOrNull()
            }
            generateSequence(tree.first(), tree::after).toList() shouldBe model.toList()
        }
    }

    test("what comes in ascending order makes a list, which goes in few steps and without deep calls") {
        val tree = SplayTree<Node>()
        val nodes = List(200_000) { Node(it.toLong(), 0) }
        nodes.forEach { node -> tree.add(node) shouldBe true }
        nodes.forEach { node -> tree.remove(node) shouldBe true }
        tree.isEmpty shouldBe true
    }
})
