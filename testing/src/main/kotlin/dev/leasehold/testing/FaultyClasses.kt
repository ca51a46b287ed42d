package dev.leasehold.testing

import java.lang.classfile.CodeBuilder
import java.lang.classfile.CodeElement
import java.lang.classfile.CodeTransform
import java.lang.classfile.MethodModel
import java.lang.classfile.instruction.InvokeDynamicInstruction
import java.lang.classfile.instruction.InvokeInstruction
import java.lang.classfile.instruction.NewMultiArrayInstruction
import java.lang.classfile.instruction.NewObjectInstruction
import java.lang.classfile.instruction.NewPrimitiveArrayInstruction
import java.lang.classfile.instruction.NewReferenceArrayInstruction
import java.lang.constant.ClassDesc
import java.lang.constant.ConstantDescs
import java.lang.constant.MethodTypeDesc

/**
 * Loads the library and its tests once more, where [Faults] are asked before everything that allocates, and at every
 * call, in the classes that [isFaulty] names.
 *
 * What allocates is an instruction that makes an object or an array, and a call of one of the platform's functions that
 * do, or of the library of coroutines. A call is the begin of each method, and a call of either of them, which goes
 * deeper by itself.
 */
public class FaultyClasses(private val isFaulty: (className: String) -> Boolean) : ChangedClasses() {
    override fun changing(name: String, method: MethodModel): CodeTransform {
        val methodName = method.methodName().stringValue()
        if (!isFaulty(name) || methodName == ConstantDescs.CLASS_INIT_NAME) return CodeTransform.ACCEPT_ALL
        val place = "${name.substringAfterLast('.')}.$methodName"
        if (name.endsWith(".StackRoom") || name.endsWith(".WideFrames")) return asking(methodName, place)
        return object : CodeTransform {
            override fun atStart(builder: CodeBuilder) {
                if (methodName != ConstantDescs.INIT_NAME) ask(builder, "called", place)
            }

            override fun accept(builder: CodeBuilder, element: CodeElement) {
                if (allocates(element)) ask(builder, "allocates", place)
                if (element is InvokeInstruction && isOfPlatform(element)) ask(builder, questionFor(element), place)
                builder.with(element)
            }
        }
    }

    // What looks for room goes as deep as it says, in one step.
    private fun asking(methodName: String, place: String): CodeTransform {
        if (methodName != "require") return CodeTransform.ACCEPT_ALL
        return object : CodeTransform {
            override fun atStart(builder: CodeBuilder) {
                builder.ldc(builder.constantPool().stringEntry(place))
                builder.iload(1)
                builder.invokestatic(FAULTS, "goesDeep", PLACE_AND_CALLS)
            }

            override fun accept(builder: CodeBuilder, element: CodeElement) {
                builder.with(element)
            }
        }
    }

    // Atomics, fences and the like are one or two calls, and interpreted code makes them.
    private fun questionFor(call: InvokeInstruction): String {
        val owner = call.owner().asInternalName()
        val isSmall = SMALL.any(owner::startsWith) || call.name().stringValue().endsWith("Fence")
        return if (isSmall) "callsAtomic" else "callsPlatform"
    }

    private fun ask(builder: CodeBuilder, question: String, place: String) {
        builder.ldc(builder.constantPool().stringEntry(place))
        builder.invokestatic(FAULTS, question, MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String))
    }

    private fun allocates(element: CodeElement): Boolean = when (element) {
        is NewObjectInstruction, is NewPrimitiveArrayInstruction, is NewReferenceArrayInstruction -> true

        is NewMultiArrayInstruction, is InvokeDynamicInstruction -> true

        is InvokeInstruction -> isOfCoroutines(element) ||
            (isOfPlatform(element) && element.name().stringValue() in ALLOCATING)

        else -> false
    }

    private fun isOfPlatform(call: InvokeInstruction): Boolean =
        (call.owner().asInternalName().startsWith("java/") || isOfCoroutines(call)) && !isConstructor(call)

    // But for the last step of a suspension, in which nothing is allocated any more.
    private fun isOfCoroutines(call: InvokeInstruction): Boolean =
        call.owner().asInternalName().startsWith("kotlinx/coroutines/") && !isConstructor(call) &&
            !call.name().equalsString("getResult")

    private fun isConstructor(call: InvokeInstruction): Boolean = call.name().equalsString(ConstantDescs.INIT_NAME)

    private companion object {
        val FAULTS: ClassDesc = ClassDesc.of("dev.leasehold.testing.Faults")
        val PLACE_AND_CALLS: MethodTypeDesc =
            MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String, ConstantDescs.CD_int)

        val SMALL = listOf("java/util/concurrent/atomic/", "java/lang/System", "java/lang/Thread", "java/lang/Math")

        val ALLOCATING = setOf(
            "add", "addAll", "addFirst", "addLast", "allocate", "asReadOnly", "asSlice", "copyOf", "iterator",
            "newKeySet", "ofConfined", "ofShared", "offer", "put", "putIfAbsent", "reinterpret", "schedule", "toArray",
            "valueOf",
        )
    }
}

/** Where the code of [FaultyClasses] asks whether it fails now. One thread at a time can be made to fail. */
public object Faults {
    private const val PLATFORM_DEPTH = 8
    private const val ATOMIC_DEPTH = 2

    /** Calls are counted here, and not bytes: to go deeper only makes the runs more. */
    private const val MOST_DEPTH = 48

    @Volatile
    private var victim: Thread? = null
    private var allocationsLeft = Long.MAX_VALUE
    private var failsOn = false
    private var deepest = Int.MAX_VALUE

    /** Where the last fault was. */
    public var place: String = ""
        private set

    /** The first fault, for its stack. */
    public var first: Error? = null
        private set

    /** Whether a fault has been since the last [run]. */
    public var happened: Boolean = false
        private set

    /**
     * Runs [action], where the allocation of this [number], counted from 1, fails with an [OutOfMemoryError], and all
     * that follow too, if [andAllThatFollow].
     */
    public fun <T> atAllocation(number: Long, andAllThatFollow: Boolean, action: () -> T): T =
        run(number, andAllThatFollow, Int.MAX_VALUE, action)

    /** Runs [action], where every call fails with a [StackOverflowError] that is more than [calls] deep in it. */
    public fun <T> atDepth(calls: Int, action: () -> T): T = run(Long.MAX_VALUE, false, depth() + calls, action)

    private fun <T> run(number: Long, on: Boolean, depth: Int, action: () -> T): T {
        allocationsLeft = number
        failsOn = on
        deepest = depth
        happened = false
        place = ""
        first = null
        victim = Thread.currentThread()
        try {
            return action()
        } finally {
            victim = null
        }
    }

    /** Something is about to be allocated at [where]. */
    @JvmStatic
    public fun allocates(where: String) {
        if (Thread.currentThread() !== victim) return
        if (--allocationsLeft > 0 || (allocationsLeft < 0 && !failsOn)) return
        throw OutOfMemoryError("injected in $where").also { note(where, it) }
    }

    /** A method begins at [where]. */
    @JvmStatic
    public fun called(where: String): Unit = goDeeper(where, 0)

    /** A method of the platform is about to be called at [where]. */
    @JvmStatic
    public fun callsPlatform(where: String): Unit = goDeeper(where, PLATFORM_DEPTH)

    /** A method of an atomic, or the like, is about to be called at [where]. */
    @JvmStatic
    public fun callsAtomic(where: String): Unit = goDeeper(where, ATOMIC_DEPTH)

    /** What is [calls] deep begins at [where]. */
    @JvmStatic
    public fun goesDeep(where: String, calls: Int): Unit = goDeeper(where, minOf(calls, MOST_DEPTH))

    private fun goDeeper(where: String, more: Int) {
        if (deepest == Int.MAX_VALUE || Thread.currentThread() !== victim) return
        if (depth() - 1 + more <= deepest) return
        throw StackOverflowError("injected in $where").also { note(where, it) }
    }

    private fun note(where: String, fault: Error) {
        happened = true
        if (place.isNotEmpty()) return
        place = where
        first = fault
    }

    // How many calls the calling thread is in, without those here.
    private fun depth(): Int = StackWalker.getInstance().walk { it.count() }.toInt()
}
