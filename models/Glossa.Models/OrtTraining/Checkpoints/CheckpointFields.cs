namespace Glossa.Models.OrtTraining.Checkpoints;

/// <summary>The numbers of the fields in the tables of a checkpoint (FlatBuffers, file identifier ODTC).</summary>
internal static class CheckpointFields
{
    /// <summary>The identifier of the file.</summary>
    public const string Identifier = "ODTC";

    /// <summary>The only version that the runtime reads.</summary>
    public const int Version = 2;

    /// <summary>The root table.</summary>
    public static class Root
    {
        public const int Version = 0, ModuleState = 1, OptimizerGroups = 2, PropertyBag = 3;
    }

    /// <summary>The parameters.</summary>
    public static class Module
    {
        public const int Trainable = 0, Frozen = 1, IsNominal = 2, HasExternalData = 3;
    }

    /// <summary>A tensor; its document string (1) and its strings (5) are not used.</summary>
    public static class Tensor
    {
        public const int Name = 0, Dims = 2, DataType = 3, RawData = 4, ExternalOffset = 6;
    }

    /// <summary>The state of an optimizer.</summary>
    public static class Group
    {
        public const int Name = 0, Step = 1, InitialLearningRate = 2, States = 3;
    }

    /// <summary>The state of an optimizer for one parameter.</summary>
    public static class State
    {
        public const int Parameter = 0, Moments = 1;
    }

    /// <summary>The user's properties, by type.</summary>
    public static class Properties
    {
        public const int Integers = 0, Floats = 1, Strings = 2;
    }

    /// <summary>One property.</summary>
    public static class Property
    {
        public const int Name = 0, Value = 1;
    }
}
