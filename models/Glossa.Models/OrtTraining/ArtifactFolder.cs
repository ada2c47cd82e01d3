using Glossa.Models.Export;
using Glossa.Models.OrtTraining.Checkpoints;

namespace Glossa.Models.OrtTraining;

/// <summary>A folder of training artifacts.</summary>
public static class ArtifactFolder
{
    /// <summary>Writes the four files, the checkpoint last; with <paramref name="nominal"/> a checkpoint of names alone as well.</summary>
    /// <exception cref="WorkException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string folder, Artifacts artifacts, bool nominal = false)
    {
        ArgumentNullException.ThrowIfNull(artifacts);
        OnnxFile.Write(Path.Combine(folder, ArtifactNames.TrainingModel), artifacts.Training);
        OnnxFile.Write(Path.Combine(folder, ArtifactNames.EvaluationModel), artifacts.Evaluation);
        OnnxFile.Write(Path.Combine(folder, ArtifactNames.OptimizerModel), artifacts.Optimizer);
        if (nominal) OrtCheckpointFile.Write(Path.Combine(folder, ArtifactNames.NominalCheckpoint), artifacts.Checkpoint.ToNominal());
        OrtCheckpointFile.Write(Path.Combine(folder, ArtifactNames.Checkpoint), artifacts.Checkpoint);
    }
}
