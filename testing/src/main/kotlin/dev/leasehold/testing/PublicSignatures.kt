package dev.leasehold.testing

import com.tngtech.archunit.core.domain.JavaClass
import com.tngtech.archunit.core.domain.JavaClasses
import com.tngtech.archunit.core.domain.JavaCodeUnit
import com.tngtech.archunit.core.domain.JavaModifier
import kotlin.metadata.KmClass
import kotlin.metadata.KmConstructor
import kotlin.metadata.KmFunction
import kotlin.metadata.KmPackage
import kotlin.metadata.KmProperty
import kotlin.metadata.KmType
import kotlin.metadata.Visibility
import kotlin.metadata.jvm.KotlinClassMetadata
import kotlin.metadata.visibility

/**
 * Holds the platform's memory types to the named crossings: user code needs no `java.*` import but there.
 *
 * Kotlin's own metadata is read and not the bytecode, where every use of a value class over a `MemorySegment` looks so.
 *
 * @property crossings functions that may name such a type: `name` in any class, or `Class.name` in one (`Class` without
 *   its
 * package, nested classes with a dot)
 * @property facades outermost classes, without their package, that are made for Java and may name them anywhere
 */
public class PublicSignatures(private val crossings: Set<String>, private val facades: Set<String>) {
    /** Fails with every public declaration of [types] that names a platform type outside of the crossings. */
    public fun check(types: JavaClasses) {
        val wrong = types.filterNot { it.outermost() in facades }.flatMap(::platformUses).sorted()
        if (wrong.isNotEmpty()) {
            throw AssertionError(
                wrong.joinToString("\n", "Platform types outside of the named crossings $crossings:\n"),
            )
        }
    }

    private fun platformUses(type: JavaClass): List<String> {
        val declared = when (val metadata = type.kotlinMetadata()) {
            null -> javaSignatures(type)
            is KotlinClassMetadata.Class -> classSignatures(metadata.kmClass)
            is KotlinClassMetadata.FileFacade -> packageSignatures(metadata.kmPackage)
            is KotlinClassMetadata.MultiFileClassPart -> packageSignatures(metadata.kmPackage)
            else -> emptyList()
        }
        val place = type.name.removePrefix("${type.packageName}.").replace('$', '.')
        return declared.filter { (_, used) -> used.any(::isPlatform) }.map { it.first }
            .filterNot { it in crossings || "$place.$it" in crossings }
            .map { "${type.packageName}.$place.$it" }
    }

    private fun classSignatures(type: KmClass): List<Signature> {
        if (!type.visibility.isPublic()) return emptyList()
        return members(type.functions, type.properties) +
            type.constructors.filter { it.visibility.isPublic() }.map { "constructor" to it.used() } +
            ("supertypes" to type.supertypes.flatMap { it.used() })
    }

    private fun packageSignatures(file: KmPackage): List<Signature> = members(file.functions, file.properties)

    private fun members(functions: List<KmFunction>, properties: List<KmProperty>): List<Signature> =
        functions.filter { it.visibility.isPublic() }.map { it.name to it.used() } +
            properties.filter { it.visibility.isPublic() }.map { it.name to it.used() }

    private fun javaSignatures(type: JavaClass): List<Signature> {
        // Java knows no visibility between the public and the package; what is not exported is not public either.
        if (JavaModifier.PUBLIC !in type.modifiers || ".internal." in type.name) return emptyList()
        return type.codeUnits.filter { JavaModifier.PUBLIC in it.modifiers }.map { it.name to it.used() }
    }

    private fun KmConstructor.used() = valueParameters.flatMap { it.type.used() }

    private fun KmFunction.used() = returnType.used() + receiverParameterType.used() +
        valueParameters.flatMap { it.type.used() } + typeParameters.flatMap { p -> p.upperBounds.flatMap { it.used() } }

    private fun KmProperty.used() = returnType.used() + receiverParameterType.used()

    private fun JavaCodeUnit.used() = (rawParameterTypes + rawReturnType).map {
        it.baseComponentType.name.replace('.', '/')
    }

    private fun KmType?.used(): List<String> = when (this) {
        null -> emptyList()

        else -> listOfNotNull((classifier as? kotlin.metadata.KmClassifier.Class)?.name) +
            arguments.flatMap { it.type.used() } + abbreviatedType.used()
    }

    private fun isPlatform(name: String) = name.startsWith("java/lang/foreign/") || name.startsWith("java/nio/")

    private fun Visibility.isPublic() = this == Visibility.PUBLIC || this == Visibility.PROTECTED

    private fun JavaClass.outermost() = name.substringAfterLast('.').substringBefore('$')

    private fun JavaClass.kotlinMetadata(): KotlinClassMetadata? =
        Class.forName(name, false, PublicSignatures::class.java.classLoader).getAnnotation(Metadata::class.java)
            ?.let(KotlinClassMetadata::readStrict)
}

/** A declaration's name and the classes, as `java/nio/ByteBuffer`, that its signature names. */
private typealias Signature = Pair<String, List<String>>
