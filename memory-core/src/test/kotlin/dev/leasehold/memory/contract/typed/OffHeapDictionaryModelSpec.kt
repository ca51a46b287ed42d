package dev.leasehold.memory.contract.typed

import dev.leasehold.memory.MemoryManager
import dev.leasehold.memory.SystemMemoryManager
import dev.leasehold.memory.typed.KeyHash
import dev.leasehold.memory.typed.OffHeapDictionary
import dev.leasehold.memory.typed.first
import dev.leasehold.memory.typed.forEach
import dev.leasehold.memory.typed.next
import dev.leasehold.memory.typed.remove
import dev.leasehold.memory.typed.removeIf
import dev.leasehold.testing.Effort
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.shouldBe
import java.lang.foreign.ValueLayout.JAVA_BYTE
import kotlin.random.Random

/** Dictionaries against their twin on the heap, step by step. */
class OffHeapDictionaryModelSpec : FunSpec() {
    init {
        for (keys in KEY_KINDS) {
            for (values in VALUE_KINDS) {
                test("a dictionary of $keys to $values is at every step what a HashMap is") {
                    checkAgainstModel(keys, values, null, Effort.times(1_200))
                }
            }
        }

        for (keys in KEY_KINDS) {
            test("a dictionary of $keys whose hashes collide, some of them all, is what a HashMap is") {
                checkColliding(keys)
            }
        }
    }

    private fun <K, T : Any> checkColliding(keys: KeyKind<K, T>) {
        for (hash in collidingHashes(keys)) checkAgainstModel(keys, LongValues, hash, Effort.times(1_200))
    }

    private fun <K, T : Any> collidingHashes(keys: KeyKind<K, T>): List<KeyHash<K>> = if (keys === StructKeys) {
        listOf(
            KeyHash.ofBytes("all one") { 1 },
            KeyHash.ofBytes("zero") { 0 },
            KeyHash.ofBytes("three") { key -> key.get(JAVA_BYTE, 0) % 3L },
        )
    } else {
        listOf(
            KeyHash.ofBits("all one") { 1 },
            KeyHash.ofBits("three") { it % 3 },
            KeyHash.ofBits("high bits") { it and (-1L shl 60) },
        )
    }

    private fun <K, V, A : Any, B : Any> checkAgainstModel(
        keys: KeyKind<K, A>,
        values: ValueKind<V, B>,
        hash: KeyHash<K>?,
        steps: Int,
    ) {
        val name = "a dictionary of $keys to $values" + if (hash == null) "" else " with $hash"
        SystemMemoryManager("model").use { manager ->
            DictionaryRun(keys, values, hash, manager, Effort.seed("$name against its model")).run(steps)
            manager.stats().blocks shouldBe 0
        }
    }
}

private class DictionaryRun<K, V, A : Any, B : Any>(
    private val keys: KeyKind<K, A>,
    private val values: ValueKind<V, B>,
    private val hash: KeyHash<K>?,
    manager: MemoryManager,
    seed: Long,
) {
    private val random = Random(seed)
    private val model = HashMap<A, B>()
    private var dictionary = OffHeapDictionary(keys.type, values.type, manager, random.nextLong(20), hash)

    fun run(steps: Int) {
        repeat(steps) {
            step(random.nextInt(20))
            dictionary.size shouldBe model.size
        }
        checkAll()
        dictionary.close()
    }

    private fun step(what: Int) {
        val key = keys.of(random.nextInt(RANGE))
        val value = values.of(random.nextInt(RANGE))
        when (what) {
            in 0..6 -> put(key, value)

            in 7..11 -> keys.remove(dictionary, key) shouldBe (model.remove(key) != null)

            in 12..14 -> look(key)

            15 -> if (model.isNotEmpty()) {
                val present = model.keys.random(random)
                dictionary.remove(keys.find(dictionary, present))
                check(model.remove(present) != null)
            }

            16 -> checkAll()

            17 -> dictionary = OffHeapDictionary.open(keys.type, values.type, dictionary.release(), hash)

            18 -> when (random.nextInt(3)) {
                0 -> dictionary.shrink()

                1 -> random.nextLong(2L * RANGE).let {
                    dictionary.reserve(it)
                    dictionary.capacity shouldBeGreaterThanOrEqualTo it
                }

                else -> removeSome()
            }

            else -> if (random.nextInt(8) == 0) {
                dictionary.clear()
                model.clear()
            }
        }
    }

    private fun put(key: A, value: B) {
        val at = keys.getOrPut(dictionary, key)
        at.isNew shouldBe (key !in model)
        at.isPresent shouldBe true
        model[key]?.let { values.get(dictionary, at) shouldEqual it }
        values.set(dictionary, at, value)
        model[key] = value
        values.get(dictionary, at) shouldEqual value
    }

    private fun look(key: A) {
        val at = keys.find(dictionary, key)
        at.isPresent shouldBe (key in model)
        keys.contains(dictionary, key) shouldBe (key in model)
        if (at.isPresent) {
            values.get(dictionary, at) shouldEqual model[key]
            keys.key(dictionary, at) shouldEqual key
        }
    }

    private fun removeSome() {
        val asked = ArrayList<A>()
        val gone = HashSet<A>()
        val before = model.keys.toSet()
        val removed = dictionary.removeIf {
            val key = keys.key(dictionary, it)
            asked.add(key)
            random.nextInt(3) == 0 && gone.add(key)
        }
        removed shouldBe gone.size
        // Each once.
        asked.size shouldBe before.size
        asked.toSet() shouldEqual before
        model.keys.removeAll(gone)
        checkAll()
    }

    private fun checkAll() {
        val found = HashMap<A, B>()
        dictionary.forEach { found[keys.key(dictionary, it)] = values.get(dictionary, it) }
        found shouldEqual model
        val ordered = keys.keys(dictionary)
        ordered.toSet() shouldEqual model.keys.toSet()
        ordered.size shouldBe model.size
        values.values(dictionary) shouldEqual ordered.map { model[it] }
        val walked = buildList {
            var at = dictionary.first()
            while (at.isPresent) {
                add(keys.key(dictionary, at))
                at = dictionary.next(at)
            }
        }
        walked shouldEqual ordered
        for (number in 0 until RANGE) look(keys.of(number))
    }

    private companion object {
        const val RANGE = 120
    }
}
