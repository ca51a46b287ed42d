package dev.leasehold.memory.model

import dev.leasehold.memory.internal.cache.Bias
import dev.leasehold.memory.internal.cache.RefCount
import dev.leasehold.testing.Effort
import dev.leasehold.testing.Lincheck.modelChecking
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import org.jetbrains.lincheck.LincheckAssertionError
import org.jetbrains.lincheck.datastructures.Operation

/**
 * The count of one block, or of two of one thread, by its owner and by other threads.
 *
 * Lincheck's memory is sequentially consistent, so the fence is nothing here: what is looked for is whether the order
 * of steps is right. Whether the fence makes it so on a real machine is what jcstress looks for.
 */
abstract class RefCountOperations internal constructor(
    private val bias: PlayedBias,
    newCount: (Bias, Int) -> RefCount = ::TestCount,
) {
    private val first = newCount(bias, bias.generationOfNext())

    private var locks = 0

    @Volatile
    private var second: RefCount? = null

    @Operation(nonParallelGroup = "owner")
    fun ownRetain(): Boolean = asOwner { first.tryReference() }

    @Operation(nonParallelGroup = "owner")
    fun ownRelease(): Int = asOwner { first.releaseReference() }

    @Operation(nonParallelGroup = "owner")
    fun ownEndAlone(): Boolean = asOwner { endAlone() }

    @Operation(nonParallelGroup = "owner")
    fun ownLock(): Boolean = asOwner { lock() }

    /** One more block of the owner's: in a pause, or of a generation that begins with it. */
    @Operation(nonParallelGroup = "owner")
    fun ownAllocate(): Boolean = asOwner {
        val fresh = second == null
        if (fresh) {
            val generation = bias.generationOfNext()
            second = TestCount(if (generation == 0) null else bias, generation)
        }
        fresh
    }

    @Operation(nonParallelGroup = "owner")
    fun ownReleaseSecond(): Int = asOwner { second?.releaseReference() ?: -1 }

    @Operation
    fun retain(): Boolean = first.tryReference()

    @Operation
    fun release(): Int = first.releaseReference()

    /** As the end of a block whose bytes have moved. */
    @Operation
    fun endAlone(): Boolean = first.tryLock(1, scopes = 0).also { if (it) first.end() }

    /** As a resize in place that must not be seen half done. */
    @Operation
    fun lock(): Boolean {
        if (!first.tryLock(1, scopes = 0)) return false
        check(locks++ == 0) { "two have locked the block" }
        locks--
        first.unlock(1, scopes = 0)
        return true
    }

    @Operation
    fun count(): Int = first.references

    @Operation
    fun isOver(): Boolean = first.isOver

    @Operation
    fun retainSecond(): Boolean = second?.tryReference() ?: false

    private inline fun <T> asOwner(action: () -> T): T {
        bias.play()
        return action()
    }
}

class BiasedCountOperations : RefCountOperations(PlayedBias(fence = {}))

class HastyCountOperations : RefCountOperations(HastyBias())

class DeafCountOperations : RefCountOperations(DeafBias())

/** The twin that forgets to compare where all threads count. */
class ForgetfulCountOperations : RefCountOperations(PlayedBias(fence = {}), ::ForgetfulCount)

private class ForgetfulCount(bias: Bias, generation: Int) : RefCount(bias, generation) {
    override fun replace(seen: Long, next: Long): Boolean {
        if (next <= 0) return super.replace(seen, next)
        unlock(next.toInt(), scopes = 0)
        return true
    }
}

/** What [ScopeOperations] looks at: a count that keeps scopes and references apart, or should. */
internal interface ScopedCount {
    val references: Int
    val isOver: Boolean

    fun retain(): Boolean
    fun enter(): Boolean
    fun release(): Int
    fun leave(): Int
}

/**
 * References that any thread gives back, however often, beside the scopes of the owner and of a guest, which each ends
 * for itself. The order of what happens is compared with a plain count of both.
 */
abstract class ScopeOperations internal constructor(private val count: ScopedCount, private val play: () -> Unit) {
    private var owners = 0
    private var guests = 0

    @Operation(nonParallelGroup = "owner")
    fun ownRelease(): Int {
        play()
        return count.release()
    }

    @Operation(nonParallelGroup = "owner")
    fun ownEnter(): Boolean {
        play()
        return count.enter().also { if (it) owners++ }
    }

    @Operation(nonParallelGroup = "owner")
    fun ownLeave(): Int {
        play()
        return if (owners == 0) -1 else count.leave().also { owners-- }
    }

    @Operation(nonParallelGroup = "guest")
    fun enter(): Boolean = count.enter().also { if (it) guests++ }

    @Operation(nonParallelGroup = "guest")
    fun leave(): Int = if (guests == 0) -1 else count.leave().also { guests-- }

    @Operation
    fun retain(): Boolean = count.retain()

    @Operation
    fun release(): Int = count.release()

    @Operation
    fun references(): Int = count.references

    @Operation
    fun isOver(): Boolean = count.isOver
}

private open class BiasedScopes(bias: PlayedBias) : ScopedCount {
    protected val count = TestCount(bias, bias.generationOfNext())
    override val references: Int get() = count.references
    override val isOver: Boolean get() = count.isOver

    override fun retain(): Boolean = count.tryReference()
    override fun enter(): Boolean = count.tryEnter()
    override fun release(): Int = count.releaseReference()
    override fun leave(): Int = count.leaveScope()
}

private class PlainScopes : ScopedCount {
    private var scopes = 0
    override var references = 1
    override val isOver: Boolean get() = references == 0

    override fun retain(): Boolean = (references > 0).also { if (it) references++ }
    override fun enter(): Boolean = (references > 0).also { if (it) scopes++ }

    override fun release(): Int {
        if (references == 0) return RefCount.NONE
        references--
        return left()
    }

    override fun leave(): Int {
        scopes--
        return left()
    }

    private fun left() = if (references == 0 && scopes == 0) RefCount.LAST else RefCount.MORE
}

/** What the others are compared with. */
class PlainScopeOperations : ScopeOperations(PlainScopes(), {})

class BiasedScopeOperations private constructor(bias: PlayedBias) : ScopeOperations(BiasedScopes(bias), bias::play) {
    constructor() : this(PlayedBias(fence = {}))
}

/** The twin whose scopes are references, which a close too often takes from them. */
class RobbedScopeOperations private constructor(bias: PlayedBias) :
    ScopeOperations(
        object : BiasedScopes(bias) {
            override fun enter(): Boolean = count.tryReference()
            override fun leave(): Int = count.releaseReference()
        },
        bias::play,
    ) {
    constructor() : this(PlayedBias(fence = {}))
}

/** The twin whose owner is not waited for. */
class HastyScopeOperations private constructor(bias: PlayedBias) : ScopeOperations(BiasedScopes(bias), bias::play) {
    constructor() : this(HastyBias())
}

class RefCountLincheckSpec : FunSpec({
    fun options() = modelChecking()
        .iterations(Effort.times(3))
        .invocationsPerIteration(Effort.times(120))
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(1)
        .actorsAfter(1)

    test("every interleaving of an owner and another thread counts right") {
        options().check(BiasedCountOperations::class)
    }

    test("every interleaving of an owner and two other threads counts right") {
        options().threads(3).actorsPerThread(2).check(BiasedCountOperations::class)
    }

    test("every interleaving keeps scopes apart from references, however often those are given back") {
        options().sequentialSpecification(PlainScopeOperations::class.java).check(BiasedScopeOperations::class)
    }

    for (twin in listOf(RobbedScopeOperations::class, HastyScopeOperations::class)) {
        test("${twin.simpleName} is found") {
            shouldThrow<LincheckAssertionError> {
                options().iterations(30).invocationsPerIteration(1000).minimizeFailedScenario(false)
                    .sequentialSpecification(PlainScopeOperations::class.java).check(twin)
            }
        }
    }

    val twins = listOf(
        HastyCountOperations::class,
        DeafCountOperations::class,
        ForgetfulCountOperations::class,
    )
    for (twin in twins) {
        test("${twin.simpleName} is found") {
            shouldThrow<LincheckAssertionError> {
                options().iterations(30).invocationsPerIteration(1000).minimizeFailedScenario(false).check(twin)
            }
        }
    }
})
