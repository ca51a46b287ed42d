package dev.leasehold.testing

import java.lang.classfile.CodeBuilder
import java.lang.classfile.CodeElement
import java.lang.classfile.CodeTransform
import java.lang.classfile.MethodModel
import java.lang.classfile.Opcode
import java.lang.classfile.instruction.FieldInstruction
import java.lang.classfile.instruction.InvokeInstruction
import java.lang.classfile.instruction.NewObjectInstruction
import java.lang.constant.ClassDesc
import java.lang.constant.ConstantDescs
import java.lang.constant.MethodTypeDesc
import java.util.concurrent.ConcurrentHashMap

/**
 * Loads the library and its tests once more, with a step of [stalls] before every read or write of a field and before
 * every call in the classes that [isStalled] names: so between any two things there that another thread could notice.
 * All else in the classes is as it is shipped, and nothing in them has to be open for it.
 *
 * @param instead twins: wherever the shipped class, the key, would be made, its subclass is, by the same constructor
 */
public class StalledClasses(
    private val stalls: Stalls,
    instead: Map<String, String> = emptyMap(),
    private val isStalled: (className: String) -> Boolean,
) : ChangedClasses() {
    private val twins = instead.entries.associate { (shipped, twin) -> ClassDesc.of(shipped) to ClassDesc.of(twin) }
    private val replaced = ConcurrentHashMap.newKeySet<ClassDesc>()

    /** Checks that the twins have been where shipped classes were meant to be: else what ran was as it is shipped. */
    public fun requireTwins(): Unit = check(replaced == twins.keys) { "of ${twins.keys}, only $replaced were replaced" }

    override fun changing(name: String, method: MethodModel): CodeTransform {
        val methodName = method.methodName().stringValue()
        val stalled = isStalled(name) && !methodName.startsWith("<")
        val place = "${name.substringAfterLast('.')}.$methodName"
        // A subclass calls the constructor of what it is a twin of.
        val mayReplace = ClassDesc.of(name).let { it !in twins.keys && it !in twins.values }
        return CodeTransform { builder, element ->
            if (stalled && isStep(element)) addStep(builder, place)
            builder.with(if (mayReplace) replacement(builder, element) else element)
        }
    }

    // ---- stalls ----

    private fun isStep(element: CodeElement) = element is FieldInstruction || element is InvokeInstruction

    private fun addStep(builder: CodeBuilder, place: String) {
        builder.loadConstant(StalledSteps.add(stalls.stepAt(place)))
        builder.invokestatic(STEPS, "pass", MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int))
    }

    // ---- twins ----

    private fun replacement(builder: CodeBuilder, element: CodeElement): CodeElement = when (element) {
        is NewObjectInstruction -> twins[element.className().asSymbol()]?.let { twin ->
            replaced.add(element.className().asSymbol())
            NewObjectInstruction.of(builder.constantPool().classEntry(twin))
        }

        is InvokeInstruction -> twins[element.owner().asSymbol()]?.takeIf { isConstructor(element) }?.let { twin ->
            val name = ConstantDescs.INIT_NAME
            val method = builder.constantPool().methodRefEntry(twin, name, element.typeSymbol())
            InvokeInstruction.of(Opcode.INVOKESPECIAL, method)
        }

        else -> null
    } ?: element

    private fun isConstructor(call: InvokeInstruction) = call.name().equalsString(ConstantDescs.INIT_NAME)

    private companion object {
        val STEPS: ClassDesc = ClassDesc.of("dev.leasehold.testing.StalledSteps")
    }
}

/** The steps of all classes that were loaded to be stalled, by number: what their code calls. */
public object StalledSteps {
    @Volatile
    private var steps = arrayOfNulls<Stalls.Step>(1024)
    private var count = 0

    @Synchronized
    internal fun add(step: Stalls.Step): Int {
        if (count == steps.size) steps = steps.copyOf(2 * count)
        steps[count] = step
        return count++
    }

    /** Passes the step of this [number]. */
    @JvmStatic
    public fun pass(number: Int): Unit = steps[number]!!.pass()
}
