package dev.leasehold.testing

import java.lang.classfile.AccessFlags
import java.lang.classfile.ClassElement
import java.lang.classfile.ClassFile
import java.lang.classfile.ClassFile.ACC_PRIVATE
import java.lang.classfile.ClassFile.ACC_STATIC
import java.lang.classfile.ClassFile.ACC_SYNTHETIC
import java.lang.classfile.ClassTransform
import java.lang.classfile.FieldModel
import java.lang.classfile.FieldTransform
import java.lang.classfile.MethodModel
import java.lang.classfile.MethodTransform
import java.lang.classfile.attribute.InnerClassInfo
import java.lang.classfile.attribute.InnerClassesAttribute
import java.nio.file.Files
import java.nio.file.Path
import kotlin.metadata.jvm.JvmMemberSignature

/**
 * Hides from Java what Kotlin calls internal and the JVM knows as public: constructors, methods, fields and nested
 * classes get the flag `ACC_SYNTHETIC`, with which the Java compiler and the editors take them for additions of the
 * Kotlin compiler.
 *
 * Nothing else changes: Kotlin goes by its metadata, and the JVM does not look at the flag. What is marked
 * [PublishedApi] stays as it is, and so do classes that are not in a class: no flag hides those, see [VisibleToJava].
 */
public object HideInternals {
    /** Does so in the folders of class files that [folders] names. */
    @JvmStatic
    public fun main(folders: Array<String>) {
        folders.forEach { hideIn(Path.of(it)) }
    }

    /** Rewrites the class files in [folder] that have something to hide, and returns how many these were. */
    @IgnorableReturnValue
    public fun hideIn(folder: Path): Int {
        val module = CompiledModule(folder)
        return module.classes.count { hideIn(it, Hidden(it, module)) }
    }

    private fun hideIn(type: CompiledClass, hidden: Hidden): Boolean {
        if (hidden.isNothing) return false
        val transform = ClassTransform { builder, element ->
            when (element) {
                in hidden.methods -> builder.transformMethod(element as MethodModel, HIDE_METHOD)
                in hidden.fields -> builder.transformField(element as FieldModel, HIDE_FIELD)
                is InnerClassesAttribute -> builder.with(InnerClassesAttribute.of(element.classes().map(hidden::hide)))
                else -> builder.with(element)
            }
        }
        Files.write(type.file, ClassFile.of().transformClass(type.model, transform))
        return true
    }

    private val HIDE_METHOD = MethodTransform { builder, element ->
        if (element is AccessFlags) builder.withFlags(element.flagsMask() or ACC_SYNTHETIC) else builder.with(element)
    }

    private val HIDE_FIELD = FieldTransform { builder, element ->
        if (element is AccessFlags) builder.withFlags(element.flagsMask() or ACC_SYNTHETIC) else builder.with(element)
    }
}

/** What is to be hidden in [type] and is not hidden yet. */
private class Hidden(private val type: CompiledClass, private val module: CompiledModule) {
    private val own = module.declarationsOf(type).filterNot { it.isApi }.map { it.member }.toSet()
    private val companions = ofCompanion()
    private val classes = module.classes.filter { it.outerName == type.name && isHidden(it) }.map { it.name }

    val methods: List<ClassElement> = type.model.methods().filter { isHidden(it.signature(), it.flags()) }
    val fields: List<ClassElement> = type.model.fields().filter { isHidden(it.signature(), it.flags()) }
    val isNothing: Boolean get() = methods.isEmpty() && fields.isEmpty() && classes.isEmpty()

    fun hide(nested: InnerClassInfo): InnerClassInfo {
        if (nested.innerClass().asInternalName() !in classes) return nested
        val flags = nested.flagsMask() or ACC_SYNTHETIC
        return InnerClassInfo.of(nested.innerClass(), nested.outerClass(), nested.innerName(), flags)
    }

    private fun isHidden(nested: CompiledClass) = !nested.isDeclaredApi && isOpen(module.flagsOf(nested))

    private fun isHidden(member: JvmMemberSignature, flags: AccessFlags): Boolean =
        isOpen(flags.flagsMask()) && (member in own || (isStatic(flags.flagsMask()) && member in companions))

    /** A companion's field, its constants and the static forms of its functions are members of the class around it. */
    private fun ofCompanion(): Set<JvmMemberSignature> {
        val companion = module.companionOf(type) ?: return emptySet()
        val (api, rest) = companion.declarations().partition { it.isApi }
        if (companion.isDeclaredApi) return rest.map { it.member }.toSet()
        return (api + rest).map { it.member }.toSet() + companion.fieldIn(type)
    }

    private fun isOpen(flags: Int) = flags and (ACC_PRIVATE or ACC_SYNTHETIC) == 0

    private fun isStatic(flags: Int) = flags and ACC_STATIC != 0
}
